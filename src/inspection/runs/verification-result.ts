import * as z from "zod";
import { SkipGroup } from "../plan/plan-summary.ts";
import { FailedNames } from "./plan-result.ts";

const count = z.int().nonnegative();

/** Faults of one kind at one destination. */
export const FaultGroup = z.object({
  /** What differs: the tag, a manifest or a blob below it, or what is attached to it. */
  kind: z.enum(["tag", "manifest", "blob", "referrer"]),
  /** Set when the source itself is damaged: no copy repairs that. */
  side: z.literal("source").optional(),
  count,
  samples: z.array(z.object({ image: z.string(), name: z.string(), problem: z.string() })),
});
export type FaultGroup = z.infer<typeof FaultGroup>;

/** What a verification says about one destination. */
export const VerifiedDestination = z.object({
  destination: z.string(),
  tags: z.object({
    /** Tags whose copies were compared to the last blob, and had no fault. */
    equal: count,
    /** Tags with a fault. */
    differ: count,
    /** Tags of which something could not be compared. */
    unknown: count,
    /** Equal by their digests, and not in the sample. */
    notSampled: count,
    /** Changed while they were compared: the next run compares them. */
    moved: count,
  }),
  checked: z.object({ manifests: count, blobs: count, referrers: count }),
  faults: z.array(FaultGroup),
  /** Images that are to differ, by rule and reason. */
  left: z.array(SkipGroup),
  /** Copies that were requested as a repair. */
  requested: count,
});
export type VerifiedDestination = z.infer<typeof VerifiedDestination>;

/** What a verification has found: counts of everything, and samples. */
export const VerificationResult = z.object({
  kind: z.literal("verification"),
  destinations: z.array(VerifiedDestination),
  failed: FailedNames,
});
export type VerificationResult = z.infer<typeof VerificationResult>;

export function emptyVerified(destination: string): VerifiedDestination {
  return {
    destination,
    tags: { equal: 0, differ: 0, unknown: 0, notSampled: 0, moved: 0 },
    checked: { manifests: 0, blobs: 0, referrers: 0 },
    faults: [],
    left: [],
    requested: 0,
  };
}

/** Faults of one kind that are kept with their names. */
const FAULTS_KEPT = 10;

export function addFault(
  { faults }: Pick<VerifiedDestination, "faults">,
  { kind, side }: { readonly kind: FaultGroup["kind"]; readonly side?: FaultGroup["side"] | undefined },
  sample: FaultGroup["samples"][number],
): void {
  let group = faults.find((each) => each.kind === kind && each.side === side);
  if (group === undefined) {
    group = { kind, ...(side === undefined ? {} : { side }), count: 0, samples: [] };
    faults.push(group);
  }
  group.count++;
  if (group.samples.length < FAULTS_KEPT) group.samples.push(sample);
}
