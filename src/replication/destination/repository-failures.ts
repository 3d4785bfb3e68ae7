import * as z from "zod";

/** The failed and slow calls of one repository. */
export const RepositoryFailures = z.object({
  repository: z.string(),
  failures: z.int().nonnegative(),
  slow: z.int().nonnegative(),
});
export type RepositoryFailures = z.infer<typeof RepositoryFailures>;

/** Repositories that one bucket keeps: enough to tell whether one repository fails, or the destination. */
export const MAX_REPOSITORIES = 4;

/** Merges both lists, worst repository first. */
export function mergeFailures(
  a: readonly RepositoryFailures[] = [],
  b: readonly RepositoryFailures[] = [],
): RepositoryFailures[] {
  const merged = new Map<string, RepositoryFailures>();
  for (const { repository, failures, slow } of [...a, ...b]) {
    const known = merged.get(repository) ?? { failures: 0, slow: 0 };
    merged.set(repository, { repository, failures: known.failures + failures, slow: known.slow + slow });
  }
  return [...merged.values()].toSorted((one, other) => badCalls(other) - badCalls(one));
}

/** The highest count of one kind among the repositories. */
export function worstCount(kind: "failures" | "slow", repositories: readonly RepositoryFailures[] = []): number {
  return Math.max(0, ...repositories.map((repository) => repository[kind]));
}

function badCalls({ failures, slow }: RepositoryFailures): number {
  return failures + slow;
}
