import { RECONCILE_LEASE_SECONDS } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { runCycle } from "../../src/replication/cycle/run-cycle.ts";
import { createFailureBudgets } from "../../src/replication/reconcile/failure-budgets.ts";
import { moveSlow, REGULAR_CYCLE, SLOW_CYCLE } from "../../src/replication/cycle/cycle-record.ts";
import { createComparer, unlessPaused } from "./comparer.ts";
import type { Total } from "./comparer.ts";
import { openCircuits } from "./open-circuits.ts";
import type { ReconcileDependencies } from "./reconcile-dependencies.ts";
import { resumeAbandonedQueues } from "./resume-abandoned-queues.ts";
import { comparisonsOf } from "./comparisons.ts";
import type { Comparison, ComparisonJob } from "./comparisons.ts";

export interface ReconcileReport {
  /** `rest`: no comparison is due. `partial`: the time ran out, or a comparison failed; the next invocation resumes it. */
  readonly outcome: "rest" | "partial" | "finished";
  readonly repositories: number;
  readonly asked: number;
  readonly missed: number;
  /** Destinations that were left out because their circuit is open. */
  readonly unavailable: readonly string[];
}

/** Time reserved to record progress at the end, in milliseconds. */
const RESERVE_MS = 10_000;
/** Repositories compared concurrently: some 20 calls a second to ECR, and listings of a few megabytes each in memory. */
const WORKERS = 8;
/** Slow subjects compared concurrently; each may take all the time of an invocation. */
const SLOW_WORKERS = 2;

/**
 * Compares the source with every destination and requests copies of what differs: pushes whose events were lost, and images
 * from before the deployment. Resumes where the last invocation stopped. Subjects that take too long move to the slow
 * comparison, which gives them more time. Also resumes queues that were paused and abandoned. `schedule` names a comparison
 * that its own schedule starts now; `job` is what a job asks for.
 */
export function createHandler(dependencies: ReconcileDependencies) {
  const { configuration, timeout } = dependencies;
  return async (remainingMs: number, schedule?: string, job?: ComparisonJob): Promise<ReconcileReport> => {
    const signal = timeout(Math.max(remainingMs - RESERVE_MS, 0));
    const ending = timeout(Math.max(remainingMs, 0));
    await resumeAbandonedQueues(dependencies, signal);
    const unavailable = await openCircuits(dependencies, signal);
    const budgets = createFailureBudgets();
    const total = { repositories: 0, asked: 0, missed: 0 };
    const outcomes = new Set<ReconcileReport["outcome"]>();
    for (const comparison of comparisonsOf(configuration, schedule, job)) {
      const comparer = createComparer(comparison, { ...dependencies, ending, unavailable }, budgets);
      outcomes.add(await runComparison(comparison, { ...dependencies, ...comparer, ending }, signal));
      total.repositories += comparer.total.repositories;
      total.asked += comparer.total.asked;
      total.missed += comparer.total.missed;
    }
    const outcome = (["partial", "finished"] as const).find((each) => outcomes.has(each)) ?? "rest";
    return { outcome, ...total, unavailable: [...unavailable] };
  };
}

type Comparer = ReturnType<typeof createComparer> & { readonly ending: AbortSignal };

/** Runs as much of one comparison as the time allows. Never throws: after a failure, the next invocation resumes it. */
async function runComparison(
  comparison: Comparison,
  dependencies: ReconcileDependencies & Comparer,
  signal: AbortSignal,
): Promise<ReconcileReport["outcome"]> {
  const { cycles, observer, subjects, compare, recordBackfills, total } = dependencies;
  const isSlow = comparison.key === SLOW_CYCLE;
  const cycle = {
    ...comparison,
    workers: isSlow ? SLOW_WORKERS : WORKERS,
    resumes: !isSlow,
    subjects,
    compare: unlessPaused(compare, dependencies),
    suspect: async (suspects: readonly string[]): Promise<void> => {
      observer.warn(
        "An invocation was killed during a comparison; the repositories it was comparing are compared last",
        {
          repositories: suspects.join(" "),
        },
      );
      const moved = { add: suspects, remove: [] };
      if (!isSlow) await cycles.update(SLOW_CYCLE, (record) => moveSlow(record, moved), signal);
    },
  };
  try {
    const ran = await runCycle(cycle, { ...dependencies, leaseMs: RECONCILE_LEASE_SECONDS * 1_000 }, signal);
    // What the others leave out is left out in the regular comparison, too.
    if (comparison.key === REGULAR_CYCLE) await recordBackfills();
    if (ran.outcome === "finished" && comparison.key === REGULAR_CYCLE)
      await countFinished(ran.incomplete, dependencies);
    if (ran.outcome !== "rest" && (!isSlow || ran.compared > 0)) noteEnd(comparison, ran.outcome, total, dependencies);
    return isSlow && ran.compared === 0 ? "rest" : ran.outcome;
  } catch (error) {
    if (!signal.aborted)
      observer.error("Comparison failed; the next invocation resumes it", {
        comparison: comparison.key,
        error: describeError(error),
      });
    return "partial";
  }
}

function noteEnd(
  { key }: Comparison,
  outcome: string,
  total: Total,
  { configuration, observer }: ReconcileDependencies,
): void {
  observer.info("Comparison ended", { comparison: key, outcome, ...total, configuration: configuration.version });
}

/** Counts a finished comparison for each destination that was compared completely, slow subjects included. */
async function countFinished(
  incomplete: readonly string[],
  { configuration, cycles, observer, ending }: ReconcileDependencies & Pick<Comparer, "ending">,
): Promise<void> {
  const slow = (await cycles.read(SLOW_CYCLE, ending))?.incomplete ?? [];
  for (const { name } of configuration.destinations) {
    if (!incomplete.includes(name) && !slow.includes(name)) observer.count(Metric.reconciliations, 1, name);
  }
}
