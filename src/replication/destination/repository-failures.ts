import * as z from "zod";

/** The bad calls of one repository. */
export const RepositoryFailures = z.object({
  repository: z.string(),
  failures: z.int().nonnegative(),
  slow: z.int().nonnegative(),
});
export type RepositoryFailures = z.infer<typeof RepositoryFailures>;

/** Repositories remembered by one bucket: enough to know whether bad calls are one repository's or the destination's. */
export const MAX_REPOSITORIES = 4;

/** Both lists as one, worst first. */
export function mergeFailures(
  a: readonly RepositoryFailures[] = [],
  b: readonly RepositoryFailures[] = [],
): RepositoryFailures[] {
  const merged = new Map<string, RepositoryFailures>();
  for (const { repository, failures, slow } of [...a, ...b]) {
    const known = merged.get(repository) ?? { failures: 0, slow: 0 };
    merged.set(repository, { repository, failures: known.failures + failures, slow: known.slow + slow });
  }
  return [...merged.values()].toSorted((one, other) => badnessOf(other) - badnessOf(one));
}

/** The most bad calls of a kind that any one repository had. */
export function worstCount(kind: "failures" | "slow", culprits: readonly RepositoryFailures[] = []): number {
  return Math.max(0, ...culprits.map((culprit) => culprit[kind]));
}

function badnessOf({ failures, slow }: RepositoryFailures): number {
  return failures + slow;
}
