import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { REGULAR_CYCLE, scheduledCycle, SLOW_CYCLE } from "../../src/replication/cycle/cycle-record.ts";

/** One kind of comparison: its repositories and its interval. */
export interface Comparison {
  /** Key of its record. */
  readonly key: string;
  readonly everyMs: number;
  readonly matches: (repository: string) => boolean;
}

/**
 * The comparisons of one invocation, in order: the one that a schedule starts now, the regular one, the slow one, and last
 * the other scheduled ones, which only resume if they are unfinished.
 */
export function comparisonsOf({ reconcile }: Configuration, schedule: string | undefined): Comparison[] {
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
    { key: REGULAR_CYCLE, everyMs, matches },
    { key: SLOW_CYCLE, everyMs, matches: () => true },
    ...others.map((known) => scheduled(known, Number.POSITIVE_INFINITY)),
  ];
}
