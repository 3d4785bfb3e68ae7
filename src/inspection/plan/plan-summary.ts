import * as z from "zod";
import type { Skip } from "./plan-context.ts";
import { PlannedCopy, PlannedDelete } from "./plan-line.ts";
import { emptyTotals, PlanTotals } from "./plan-totals.ts";

const count = z.int().nonnegative();

/** Images that stay as they are for one reason. */
export const SkipGroup = z.object({
  /** Absent: no rule decided. */
  rule: z.string().optional(),
  reason: z.string(),
  images: count,
  /** As the source lists them; only where the reason is about their size. */
  bytes: count,
  /** Some of their names. */
  samples: z.array(z.string()),
});
export type SkipGroup = z.infer<typeof SkipGroup>;

/** What one rule changes in one way. */
export const ChangeGroup = z.object({
  rule: z.string(),
  how: z.enum(["put", "overwrite", "merge", "rename", "keep", "delete"]),
  images: count,
  /** Bytes of blobs that are sent. */
  bytes: count,
});
export type ChangeGroup = z.infer<typeof ChangeGroup>;

export interface Failure {
  readonly name: string;
  readonly error: unknown;
}

/** A tag that will be deleted at the target once its grace period is over. */
export const PendingDelete = z.object({ name: z.string(), dueAt: z.number(), cause: z.string(), rule: z.string() });
export type PendingDelete = z.infer<typeof PendingDelete>;

/** The first lines of the file. */
const CopySample = PlannedCopy.omit({ blobs: true, manifests: true }).extend({ bytes: count });

/** What a plan says about one destination: counts of everything, and samples. */
export const DestinationSummary = z.object({
  destination: z.string(),
  totals: PlanTotals,
  changes: z.array(ChangeGroup),
  copies: z.array(CopySample),
  deletes: z.array(PlannedDelete),
  pending: z.array(PendingDelete),
  pendingCount: z.object({ count }),
  skipped: z.array(SkipGroup),
  equal: z.object({ images: count }),
});
export type DestinationSummary = z.infer<typeof DestinationSummary>;

/** Names, or lines, that a summary keeps for each group. */
export const SAMPLES = 3;
export const LINES = 10;

export function emptySummary(destination: string): DestinationSummary {
  const lists = { changes: [], copies: [], deletes: [], pending: [], skipped: [] };
  return { destination, totals: emptyTotals(), ...lists, pendingCount: { count: 0 }, equal: { images: 0 } };
}

/** Adds an image to the group of its reason. */
export function addSkip(
  { skipped }: Pick<DestinationSummary, "skipped">,
  name: string,
  { rule, reason }: Skip,
  bytes: number,
): void {
  let group = skipped.find((each) => each.rule === rule && each.reason === reason);
  if (group === undefined) {
    group = { rule, reason, images: 0, bytes: 0, samples: [] };
    skipped.push(group);
  }
  group.images++;
  group.bytes += bytes;
  if (group.samples.length < SAMPLES) group.samples.push(name);
}

/** Adds a change to the group of its rule. */
export function addChange(
  { changes }: Pick<DestinationSummary, "changes">,
  { rule, how }: Pick<ChangeGroup, "rule" | "how">,
  bytes: number,
): void {
  let group = changes.find((each) => each.rule === rule && each.how === how);
  if (group === undefined) {
    group = { rule, how, images: 0, bytes: 0 };
    changes.push(group);
  }
  group.images++;
  group.bytes += bytes;
}
