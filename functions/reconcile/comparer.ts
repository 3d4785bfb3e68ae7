import { isRepositoryName } from "../../src/oci/reference.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import { rulesOf } from "../../src/replication/rules/evaluate-rules.ts";
import { isAllowed } from "../../src/replication/rules/repository-overrides.ts";
import type { RepositoryOverrides } from "../../src/replication/rules/repository-overrides.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { createBackfills } from "../../src/replication/backfill/backfill.ts";
import type { Backfill } from "../../src/replication/backfill/backfill.ts";
import { MIRRORED, noteRepositories } from "../../src/replication/deletes/deleted-repositories.ts";
import { compareRepository } from "../../src/replication/reconcile/compare-repository.ts";
import type { ReconcileContext } from "../../src/replication/reconcile/reconcile-repository.ts";
import type { ListingLimits } from "../../src/replication/reconcile/limited-listing.ts";
import type { FailureBudgets } from "../../src/replication/reconcile/failure-budgets.ts";
import { moveSlow, REGULAR_CYCLE, SLOW_CYCLE } from "../../src/replication/cycle/cycle-record.ts";
import type { ReconcileDependencies } from "./reconcile-dependencies.ts";
import { isDone, reportFailure, reportDifferences, slowSubjects } from "./comparison-log.ts";
import { mirrorAll } from "./mirror.ts";
import { deletesTags, targetsOf } from "../../src/replication/reconcile/repository-targets.ts";
import type { Comparison } from "./comparisons.ts";

export interface Total {
  repositories: number;
  asked: number;
  missed: number;
}

/** Limits of one repository, in milliseconds: `idleMs` without progress of a listing, which may wait a minute for a slot, `totalMs` in all. */
const LIMITS: ListingLimits = { idleMs: 75_000, totalMs: 180_000 };

interface Comparing extends ReconcileDependencies, Pick<ReconcileContext, "ending"> {
  /** Destinations whose circuit is open. */
  readonly unavailable: ReadonlySet<string>;
}

/**
 * Lists the subjects of one comparison and compares each. A subject is a repository. In the slow comparison, a space and
 * the one destination that is slow for it may follow.
 */
export function createComparer(comparison: Comparison, dependencies: Comparing, budgets: FailureBudgets) {
  const { configuration, catalog, cycles, backlog, observer, ending, unavailable } = dependencies;
  const isSlow = comparison.key === SLOW_CYCLE;
  const total: Total = { repositories: 0, asked: 0, missed: 0 };
  const slow = new Set<string>();
  const backfills = createBackfills(configuration.reconcile.backfill, dependencies);

  async function subjects(signal: AbortSignal): Promise<readonly string[]> {
    const known = (await cycles.read(SLOW_CYCLE, signal))?.subjects ?? [];
    if (isSlow) return known;
    for (const subject of known) slow.add(subject);
    const listed = await catalog.repositories(signal);
    const deleted = await noteListed(listed, dependencies, signal);
    return [...listed, ...deleted]
      .filter((name) => comparison.matches(name) && rulesOf(name, configuration.rules).length > 0)
      .filter((name) => !slow.has(name))
      .toSorted((a, b) => (a < b ? -1 : Number(a > b)));
  }

  async function compare(subject: string, startedAt: number, signal: AbortSignal): Promise<readonly string[]> {
    const [repository = "", only] = subject.split(" ");
    if (!isRepositoryName(repository)) return [];
    const own = targetsOf(repository, dependencies).filter(belongsToSubject(repository, only, slow));
    const overrides = await readOverrides(repository, dependencies, signal);
    if (overrides === "unreadable") return namesOf(own);
    const allowed = own.filter(({ destination }) => isAllowed(destination, overrides));
    const wanted = await withBackfills(allowed, (name) => backfills.open(name, startedAt, signal));
    const { targets, leftOut } = withoutUnavailable(wanted, unavailable);
    if (targets.length === 0) return namesOf(leftOut);
    const waiting = await backlogs(targets, (name) => backlog(name, signal));
    const graceMs = configuration.reconcile.graceSeconds * 1_000;
    const limits = isSlow ? {} : LIMITS;
    const context = { ...dependencies, budgets, limits, id: idOf(comparison, startedAt), graceMs };
    const listedAt = dependencies.now();
    const compared = await compareRepository(targets, context, signal);
    if (compared.some(({ kind }) => kind === "stopped")) signal.throwIfAborted();
    total.repositories++;
    const failed = targets.filter((target, index) => !reportFailure(target, compared[index], observer));
    for (const [index, target] of targets.entries()) {
      const found = reportDifferences(target, compared[index], waiting.get(target.destination), observer);
      total.asked += found.asked;
      total.missed += found.missed;
    }
    await mirrorAll({ repository, targets, compared, id: context.id, listedAt, ending }, dependencies, signal);
    // A subject whose destinations were not all compared stays in the slow comparison.
    const isOver = isSlow && leftOut.length === 0 && isDone(compared);
    const moved = { add: isSlow ? [] : slowSubjects(targets, compared), remove: isOver ? [subject] : [] };
    await moveSubjects(moved, dependencies);
    return namesOf([...failed, ...leftOut]);
  }

  return { subjects, compare, recordBackfills: () => backfills.record(ending), total };
}

type Compare = (subject: string, startedAt: number, signal: AbortSignal) => Promise<readonly string[]>;

/** Nothing of a paused repository is copied or deleted. It is compared once its pause is over. */
export function unlessPaused(
  compare: Compare,
  { pauses, observer }: Pick<ReconcileDependencies, "pauses" | "observer">,
): Compare {
  return async (subject, startedAt, signal) => {
    const [repository = ""] = subject.split(" ");
    if ((await pauses.of(repository, signal)) === undefined) return compare(subject, startedAt, signal);
    observer.info("Repository is not compared: an operator has paused it", { repository });
    return [];
  };
}

/** @returns the repositories with mirrored deletes that the source has listed before, and does not list any more. */
async function noteListed(
  listed: readonly string[],
  { configuration: { rules }, cycles }: Comparing,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (!rules.some(deletesTags)) return [];
  const isMirrored = (name: string): boolean => rulesOf(name, rules).some(deletesTags);
  return cycles.update(MIRRORED, (record) => noteRepositories(record, { listed, isMirrored }), signal);
}

/** Moves subjects to the slow comparison, or back. */
async function moveSubjects(
  moved: { readonly add: readonly string[]; readonly remove: readonly string[] },
  { cycles, ending }: Comparing,
): Promise<void> {
  if (moved.add.length + moved.remove.length === 0) return;
  await cycles.update(SLOW_CYCLE, (record) => moveSlow(record, moved), ending);
}

function withoutUnavailable<Target extends { readonly destination: string }>(
  wanted: readonly Target[],
  unavailable: ReadonlySet<string>,
): { readonly targets: readonly Target[]; readonly leftOut: readonly Target[] } {
  return {
    targets: wanted.filter(({ destination }) => !unavailable.has(destination)),
    leftOut: wanted.filter(({ destination }) => unavailable.has(destination)),
  };
}

function withBackfills<Target extends { readonly destination: string }>(
  targets: readonly Target[],
  open: (destination: string) => Promise<Backfill>,
): Promise<(Target & { readonly backfill: Backfill })[]> {
  return Promise.all(targets.map(async (target) => ({ ...target, backfill: await open(target.destination) })));
}

/** The AWS resource tags of a repository. If they cannot be read, it is not compared: they may forbid copies. */
async function readOverrides(
  repository: RepositoryName,
  { overrides, observer }: Comparing,
  signal: AbortSignal,
): Promise<RepositoryOverrides | "unreadable" | undefined> {
  try {
    return await overrides?.(repository, signal);
  } catch (error) {
    signal.throwIfAborted();
    observer.warn("Repository is not compared: its AWS resource tags cannot be read", {
      repository,
      error: describeError(error),
    });
    return "unreadable";
  }
}

function namesOf(targets: readonly { readonly destination: string }[]): string[] {
  return [...new Set(targets.map(({ destination }) => destination))];
}

/** True for the targets of a subject. A slow target belongs to the slow comparison only. */
function belongsToSubject(repository: string, only: string | undefined, slow: ReadonlySet<string>) {
  return ({ destination }: { readonly destination: string }): boolean =>
    only === undefined ? !slow.has(`${repository} ${destination}`) : destination === only;
}

/** Correlation id of one comparison. */
function idOf({ key }: Comparison, startedAt: number): string {
  return `reconcile-${key === REGULAR_CYCLE ? "" : `${key}-`}${new Date(startedAt).toISOString()}`;
}

/** Requests in the live queue of each destination; undefined where the queue cannot be read. */
async function backlogs(
  targets: readonly { readonly destination: string; readonly repository: RepositoryName }[],
  backlog: (destination: string) => Promise<number>,
): Promise<Map<string, number | undefined>> {
  const names = namesOf(targets);
  return new Map(
    await Promise.all(names.map(async (name) => [name, await backlog(name).catch(() => undefined)] as const)),
  );
}
