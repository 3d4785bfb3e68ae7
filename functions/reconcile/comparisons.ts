import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { REGULAR_CYCLE, scheduledCycle, SLOW_CYCLE } from "../../src/replication/cycle/cycle-record.ts";

/** One kind of comparison: its repositories and its interval. */
export interface Comparison {
  /** Key of its record. */
  readonly key: string;
  readonly everyMs: number;
  readonly matches: (repository: string) => boolean;
}

/** What a job asks for: the regular comparison now, or that of one repository. */
export interface ComparisonJob {
  readonly repository?: string | undefined;
}

/** The comparison of one repository: it starts with each call, and continues where the last one ran out of time. */
function ofRepository(repository: string): Comparison {
  return { key: `repository-${repository}`, everyMs: 0, matches: (name) => name === repository };
}

/**
 * The comparisons of one invocation, in order: the one that a schedule starts now, the regular one, the slow one, and last
 * the other scheduled ones, which only resume if they are unfinished. A job starts the regular one now, or
 * asks for that of one repository alone.
 */
export function comparisonsOf(
  { reconcile }: Configuration,
  schedule: string | undefined,
  job?: ComparisonJob,
): Comparison[] {
  if (job?.repository !== undefined) return [ofRepository(job.repository)];
  const { schedules, everyMinutes, matches } = reconcile;
  const everyMs = everyMinutes * 60_000;
  const scheduled = (known: (typeof schedules)[number], everyMs: number): Comparison => ({
    key: scheduledCycle(known.name),
    everyMs,
    matches: known.matches,
  });
  const [due, others] = [
    schedules.filter(({ name }) => name === schedule),
    schedules.filter(({ name }) => name !== schedule),
  ];
  return [
    ...due.map((known) => scheduled(known, 0)),
    { key: REGULAR_CYCLE, everyMs: job === undefined ? everyMs : 0, matches },
    { key: SLOW_CYCLE, everyMs, matches: () => true },
    ...others.map((known) => scheduled(known, Number.POSITIVE_INFINITY)),
  ];
}
