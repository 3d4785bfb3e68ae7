import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { REGULAR_CYCLE, scheduledCycle, SLOW_CYCLE } from "../../src/replication/reconcile/cycle-record.ts";

/** One comparison: of what, and how often it begins. */
export interface Comparison {
  /** Key of its record. */
  readonly key: string;
  readonly everyMs: number;
  readonly matches: (repository: string) => boolean;
}

/**
 * What is due by a schedule comes first, then the regular comparison and what took too long in the others; other
 * comparisons with schedules only go on where they were stopped, at last.
 */
export function comparisonsOf({ reconcile }: Configuration, schedule: string | undefined): Comparison[] {
  const { schedules, everyMinutes, matches } = reconcile;
  const everyMs = everyMinutes * 60_000;
  const scopeOf = (known: (typeof schedules)[number], everyMs: number): Comparison => ({
    key: scheduledCycle(known.name),
    everyMs,
    matches: known.matches,
  });
  const [due, others] = [
    schedules.filter(({ name }) => name === schedule),
    schedules.filter(({ name }) => name !== schedule),
  ];
  return [
    ...due.map((known) => scopeOf(known, 0)),
    { key: REGULAR_CYCLE, everyMs, matches },
    { key: SLOW_CYCLE, everyMs, matches: () => true },
    ...others.map((known) => scopeOf(known, Number.POSITIVE_INFINITY)),
  ];
}
