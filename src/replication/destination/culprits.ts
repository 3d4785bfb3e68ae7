import * as z from "zod";

/** The bad calls of one repository. */
export const Culprit = z.object({
  repository: z.string(),
  failures: z.int().nonnegative(),
  slow: z.int().nonnegative(),
});
export type Culprit = z.infer<typeof Culprit>;

/** Repositories remembered by one bucket: enough to know whether bad calls are one repository's or the destination's. */
export const CULPRITS_KEPT = 4;

/** Both lists as one, worst first. */
export function mergeCulprits(a: readonly Culprit[] = [], b: readonly Culprit[] = []): Culprit[] {
  const merged = new Map<string, Culprit>();
  for (const { repository, failures, slow } of [...a, ...b]) {
    const known = merged.get(repository) ?? { failures: 0, slow: 0 };
    merged.set(repository, { repository, failures: known.failures + failures, slow: known.slow + slow });
  }
  return [...merged.values()].toSorted((one, other) => badnessOf(other) - badnessOf(one));
}

/** The most bad calls of a kind that any one repository had. */
export function mostOf(kind: "failures" | "slow", culprits: readonly Culprit[] = []): number {
  return Math.max(0, ...culprits.map((culprit) => culprit[kind]));
}

function badnessOf({ failures, slow }: Culprit): number {
  return failures + slow;
}
