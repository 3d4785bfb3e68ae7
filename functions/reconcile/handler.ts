import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { RECONCILE_LEASE_SECONDS } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { runCycle } from "../../src/replication/reconcile/run-cycle.ts";
import { createFailureBudgets } from "../../src/replication/reconcile/failure-budgets.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";
import type { QueuePauseRecord } from "../../src/replication/destination/queue-pause.ts";
import { moveSlow, REGULAR_CYCLE, SLOW_CYCLE } from "../../src/replication/reconcile/cycle-record.ts";
import type { ReconcileRecord } from "../../src/replication/reconcile/cycle-record.ts";
import type { CircuitRecord } from "../../src/replication/destination/circuit.ts";
import type { RecordStore } from "../../src/replication/state/record-store.ts";
import type { SourceCatalog } from "../../src/replication/reconcile/source-catalog.ts";
import type { TargetInventory } from "../../src/replication/reconcile/target-inventory.ts";
import type { TagRecord } from "../../src/replication/state/tag-record.ts";
import { createComparer } from "./comparer.ts";
import type { Total } from "./comparer.ts";
import { openCircuits } from "./open-circuits.ts";
import { resumeAbandonedQueues } from "./resume-abandoned-queues.ts";
import { comparisonsOf } from "./comparisons.ts";
import type { Comparison } from "./comparisons.ts";

export interface ReconcileDependencies extends TargetInventory {
  readonly configuration: Configuration;
  readonly catalog: SourceCatalog;
  readonly tags: RecordStore<TagRecord>;
  readonly cycles: RecordStore<ReconcileRecord>;
  readonly circuits: RecordStore<CircuitRecord>;
  readonly queuePauses: RecordStore<QueuePauseRecord>;
  /** Queues requests that are in no hurry. */
  readonly send: (requests: readonly CopyRequest[], signal: AbortSignal) => Promise<void>;
  /** Requests that wait for a destination, pushed and not yet looked at. */
  readonly backlog: (destination: string, signal: AbortSignal) => Promise<number>;
  /** Lets a destination's queues be read as deployed. */
  readonly resumeQueues: (destination: string, signal: AbortSignal) => Promise<void>;
  readonly owner: string;
  readonly now: () => number;
  readonly timeout: (ms: number) => AbortSignal;
  readonly observer: Observer;
}

export interface ReconcileReport {
  /** `rest`: the last comparison is young. `partial`: the time was up; the next invocation goes on. */
  readonly outcome: "rest" | "partial" | "finished";
  readonly repositories: number;
  readonly asked: number;
  readonly missed: number;
  /** Destinations that were asked for nothing, because their circuit is open. */
  readonly away: readonly string[];
}

/** Time kept to note how far it came, in milliseconds. */
const RESERVE_MS = 10_000;
/** Repositories compared at once: some 20 calls a second to ECR, and listings of a few megabytes each in memory. */
const WORKERS = 8;
/** What took too long is compared again with all the time of an invocation, few at once. */
const SLOW_WORKERS = 2;

/**
 * Compares the source with every destination and asks for what differs: pushes whose events were lost, and everything
 * there was before Freightliner came. Goes on where the last invocation stopped; what takes too long is left behind, and
 * compared beside the others with more time. Also opens queues that were paused and then forgotten. `schedule` names the
 * comparison that is due now by a schedule of its own.
 */
export function createHandler(dependencies: ReconcileDependencies) {
  const { configuration, timeout } = dependencies;
  return async (remainingMs: number, schedule?: string): Promise<ReconcileReport> => {
    const signal = timeout(Math.max(remainingMs - RESERVE_MS, 0));
    const ending = timeout(Math.max(remainingMs, 0));
    await resumeAbandonedQueues(dependencies, signal);
    const away = await openCircuits(dependencies, signal);
    const budgets = createFailureBudgets();
    const total = { repositories: 0, asked: 0, missed: 0 };
    const outcomes = new Set<ReconcileReport["outcome"]>();
    for (const comparison of comparisonsOf(configuration, schedule)) {
      const comparer = createComparer(comparison, { ...dependencies, ending, away }, budgets);
      outcomes.add(await runScope(comparison, { ...dependencies, ...comparer, ending }, signal));
      total.repositories += comparer.total.repositories;
      total.asked += comparer.total.asked;
      total.missed += comparer.total.missed;
    }
    const outcome = (["partial", "finished"] as const).find((each) => outcomes.has(each)) ?? "rest";
    return { outcome, ...total, away: [...away] };
  };
}

type Comparer = ReturnType<typeof createComparer> & { readonly ending: AbortSignal };

/** As much of one comparison as the time allows. A source that cannot be listed is a foreseen outage: the next call comes soon. */
async function runScope(
  comparison: Comparison,
  dependencies: ReconcileDependencies & Comparer,
  signal: AbortSignal,
): Promise<ReconcileReport["outcome"]> {
  const { cycles, observer, subjects, compare, total } = dependencies;
  const isSlow = comparison.key === SLOW_CYCLE;
  const cycle = {
    ...comparison,
    workers: isSlow ? SLOW_WORKERS : WORKERS,
    resumes: !isSlow,
    subjects,
    compare,
    suspect: async (suspects: readonly string[]): Promise<void> => {
      observer.warn("A comparison ended without a word; what it was at is compared last", {
        repositories: suspects.join(" "),
      });
      const moved = { add: suspects, remove: [] };
      if (!isSlow) await cycles.update(SLOW_CYCLE, (record) => moveSlow(record, moved), signal);
    },
  };
  try {
    const ran = await runCycle(cycle, { ...dependencies, leaseMs: RECONCILE_LEASE_SECONDS * 1_000 }, signal);
    if (ran.outcome === "finished" && comparison.key === REGULAR_CYCLE)
      await countFinished(ran.incomplete, dependencies);
    if (ran.outcome !== "rest" && (!isSlow || ran.compared > 0)) noteEnd(comparison, ran.outcome, total, dependencies);
    return isSlow && ran.compared === 0 ? "rest" : ran.outcome;
  } catch (error) {
    if (!signal.aborted)
      observer.error("Comparison failed; the next call goes on", {
        comparison: comparison.key,
        error: describeError(error),
      });
    return "partial";
  }
}

function noteEnd({ key }: Comparison, outcome: string, total: Total, { observer }: ReconcileDependencies): void {
  observer.info("Comparison ended", { comparison: key, outcome, ...total });
}

/** The heartbeat of each destination with which everything was compared, what took too long included. */
async function countFinished(
  incomplete: readonly string[],
  { configuration, cycles, observer, ending }: ReconcileDependencies & Pick<Comparer, "ending">,
): Promise<void> {
  const slow = (await cycles.read(SLOW_CYCLE, ending))?.incomplete ?? [];
  for (const { name } of configuration.destinations) {
    if (!incomplete.includes(name) && !slow.includes(name)) observer.count(Metric.reconciliations, 1, name);
  }
}
