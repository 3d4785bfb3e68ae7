import * as z from "zod";
import { RepositoryFailures, MAX_REPOSITORIES, mergeFailures } from "./repository-failures.ts";

/** Counts of calls and of their outcomes. */
export const Counts = z.object({
  calls: z.int().nonnegative(),
  failures: z.int().nonnegative(),
  /** Calls that succeeded, but too slowly. */
  slow: z.int().nonnegative(),
  /** The repositories of the failed and slow calls. */
  repositories: z.array(RepositoryFailures).optional(),
});
export type Counts = z.infer<typeof Counts>;

/** The calls of one interval. `epoch` numbers the intervals, so that an old bucket is never mistaken for a new one. */
export const Bucket = Counts.extend({ epoch: z.int() });
export type Bucket = z.infer<typeof Bucket>;

/** Counts calls over a window. Pure: the buckets are part of a record. */
export interface SlidingWindow {
  /** The buckets with the calls added and expired buckets dropped. `now` in epoch milliseconds. */
  add(buckets: readonly Bucket[], counts: Counts, now: number): Bucket[];
  /** The sum of all calls in the window. */
  total(buckets: readonly Bucket[], now: number): Counts;
}

export const NO_CALLS: Counts = { calls: 0, failures: 0, slow: 0 };

/** The calls of the last `buckets` intervals of `bucketMs` each. */
export function timeWindow({ bucketMs, buckets: most }: { bucketMs: number; buckets: number }): SlidingWindow {
  const epochOf = (now: number): number => Math.floor(now / bucketMs);
  const live = (buckets: readonly Bucket[], now: number): Bucket[] => {
    const newest = epochOf(now);
    return buckets.filter(({ epoch }) => epoch > newest - most && epoch <= newest);
  };
  return {
    add: (buckets, counts, now) => into(live(buckets, now), counts, epochOf(now)),
    total: (buckets, now) => live(buckets, now).reduce(sum, NO_CALLS),
  };
}

/**
 * The newest buckets that together hold at least `calls` calls, none older than `maxAgeMs`: failures before a quiet night
 * say nothing about the morning.
 */
export function countWindow({ calls, maxAgeMs }: { calls: number; maxAgeMs: number }): SlidingWindow {
  const BUCKETS_PER_AGE = 60;
  const byAge = timeWindow({ bucketMs: Math.max(Math.floor(maxAgeMs / BUCKETS_PER_AGE), 1), buckets: BUCKETS_PER_AGE });
  const newest = (buckets: readonly Bucket[]): Bucket[] => {
    const kept: Bucket[] = [];
    let seen = 0;
    for (const bucket of buckets.toSorted((a, b) => b.epoch - a.epoch)) {
      if (seen >= calls) break;
      kept.unshift(bucket);
      seen += bucket.calls;
    }
    return kept;
  };
  return {
    add: (buckets, counts, now) => newest(byAge.add(buckets, counts, now)),
    total: (buckets, now) => byAge.total(newest(buckets), now),
  };
}

function into(buckets: readonly Bucket[], counts: Counts, epoch: number): Bucket[] {
  const known = buckets.find((bucket) => bucket.epoch === epoch);
  const others = buckets.filter((bucket) => bucket.epoch !== epoch);
  const { repositories, ...numbers } = sum(known ?? NO_CALLS, counts);
  const kept = repositories === undefined ? {} : { repositories: repositories.slice(0, MAX_REPOSITORIES) };
  return [...others, { epoch, ...numbers, ...kept }];
}

export function sum(a: Counts, b: Counts): Counts {
  const repositories = mergeFailures(a.repositories, b.repositories);
  const numbers = { calls: a.calls + b.calls, failures: a.failures + b.failures, slow: a.slow + b.slow };
  return repositories.length === 0 ? numbers : { ...numbers, repositories };
}
