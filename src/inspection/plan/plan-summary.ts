import type { Skip } from "./plan-context.ts";
import { emptyTotals } from "./plan-totals.ts";
import type { PlanTotals } from "./plan-totals.ts";
import type { PlannedCopy, PlannedDelete } from "./plan-line.ts";

/** Images that stay as they are for one reason. */
export interface SkipGroup extends Skip {
  images: number;
  /** As the source lists them; only where the reason is about their size. */
  bytes: number;
  /** Some of their names. */
  readonly samples: string[];
}

export interface Failure {
  readonly name: string;
  readonly error: unknown;
}

/** A tag that will be deleted at the target once its grace period is over. */
export interface PendingDelete {
  readonly name: string;
  readonly dueAt: number;
  readonly cause: string;
  readonly rule: string;
}

/** What a plan says about one destination: counts of everything, and samples. */
export interface DestinationSummary {
  readonly destination: string;
  readonly totals: PlanTotals;
  /** The first lines of the file. */
  readonly copies: (Omit<PlannedCopy, "blobs" | "manifests"> & { readonly bytes: number })[];
  readonly deletes: PlannedDelete[];
  readonly pending: PendingDelete[];
  readonly pendingCount: { count: number };
  readonly skipped: SkipGroup[];
  equal: { images: number };
}

/** Names, or lines, that a summary keeps for each group. */
export const SAMPLES = 3;
export const LINES = 10;

export function emptySummary(destination: string): DestinationSummary {
  const lists = { copies: [], deletes: [], pending: [], skipped: [] };
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
