import { isRepositoryName } from "../../src/oci/reference.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import { compareRepository } from "../../src/replication/reconcile/compare-repository.ts";
import type { ReconcileContext } from "../../src/replication/reconcile/reconcile-repository.ts";
import type { ListingLimits } from "../../src/async/limited-listing.ts";
import type { FailureBudgets } from "../../src/replication/reconcile/failure-budgets.ts";
import { moveSlow, REGULAR_CYCLE, SLOW_CYCLE } from "../../src/replication/reconcile/cycle-record.ts";
import type { ReconcileDependencies } from "./handler.ts";
import { isDone, reportFailure, reportDifferences, slowSubjects } from "./comparison-log.ts";
import { targetsOf } from "./repository-targets.ts";
import type { Comparison } from "./comparisons.ts";

export interface Total {
  repositories: number;
  asked: number;
  missed: number;
}

/** What a repository may take from the others, in milliseconds: so long without a sign of a listing (which may wait a minute for its turn), and in all. */
const LIMITS: ListingLimits = { idleMs: 75_000, totalMs: 180_000 };

interface Comparing extends ReconcileDependencies, Pick<ReconcileContext, "ending"> {
  /** Destinations that are not asked now. */
  readonly away: ReadonlySet<string>;
}

/**
 * What one comparison is of, and how each of its subjects is compared. A subject is a repository; of the slow comparison
 * also a repository and, after a space, the one destination it is slow with.
 */
export function createComparer(comparison: Comparison, dependencies: Comparing, budgets: FailureBudgets) {
  const { configuration, catalog, cycles, backlog, observer, ending, away } = dependencies;
  const isSlow = comparison.key === SLOW_CYCLE;
  const total: Total = { repositories: 0, asked: 0, missed: 0 };
  const slow = new Set<string>();

  async function subjects(signal: AbortSignal): Promise<readonly string[]> {
    const known = (await cycles.read(SLOW_CYCLE, signal))?.subjects ?? [];
    if (isSlow) return known;
    for (const subject of known) slow.add(subject);
    const all = await catalog.repositories(signal);
    return all
      .filter((name) => comparison.matches(name) && configuration.rules.some((rule) => rule.matchesRepository(name)))
      .filter((name) => !slow.has(name))
      .toSorted((a, b) => (a < b ? -1 : Number(a > b)));
  }

  async function moveApart(add: readonly string[], remove: readonly string[]): Promise<void> {
    if (add.length + remove.length === 0) return;
    await cycles.update(SLOW_CYCLE, (record) => moveSlow(record, { add, remove }), ending);
  }

  async function compare(subject: string, startedAt: number, signal: AbortSignal): Promise<readonly string[]> {
    const [repository = "", only] = subject.split(" ");
    if (!isRepositoryName(repository)) return [];
    const wanted = targetsOf(repository, dependencies).filter(isSubject(repository, only, slow));
    const left = wanted.filter(({ destination }) => away.has(destination));
    const places = wanted.filter((place) => !left.includes(place));
    if (places.length === 0) return namesOf(left);
    const waiting = await backlogs(places, (name) => backlog(name, signal));
    const graceMs = configuration.reconcile.graceSeconds * 1_000;
    const limits = isSlow ? {} : LIMITS;
    const context = { ...dependencies, budgets, limits, id: idOf(comparison, startedAt), graceMs };
    const compared = await compareRepository(places, context, signal);
    if (compared.some(({ kind }) => kind === "stopped")) signal.throwIfAborted();
    total.repositories++;
    const failed = places.filter((place, index) => !reportFailure(place, compared[index], observer));
    for (const [index, place] of places.entries()) {
      const found = reportDifferences(place, compared[index], waiting.get(place.destination), observer);
      total.asked += found.asked;
      total.missed += found.missed;
    }
    // What is left out of the slow comparison stays in it.
    const isOver = isSlow && left.length === 0 && isDone(compared);
    await moveApart(isSlow ? [] : slowSubjects(places, compared), isOver ? [subject] : []);
    return namesOf([...failed, ...left]);
  }

  return { subjects, compare, total };
}

function namesOf(places: readonly { readonly destination: string }[]): string[] {
  return [...new Set(places.map(({ destination }) => destination))];
}

/** Belongs a place to a subject? One that is slow is compared apart from the others. */
function isSubject(repository: string, only: string | undefined, slow: ReadonlySet<string>) {
  return ({ destination }: { readonly destination: string }): boolean =>
    only === undefined ? !slow.has(`${repository} ${destination}`) : destination === only;
}

/** Correlation id of one comparison. */
function idOf({ key }: Comparison, startedAt: number): string {
  return `reconcile-${key === REGULAR_CYCLE ? "" : `${key}-`}${new Date(startedAt).toISOString()}`;
}

/** How much waits in the live queue of each destination; undefined where that cannot be found out. */
async function backlogs(
  places: readonly { readonly destination: string; readonly repository: RepositoryName }[],
  backlog: (destination: string) => Promise<number>,
): Promise<Map<string, number | undefined>> {
  const names = namesOf(places);
  return new Map(
    await Promise.all(names.map(async (name) => [name, await backlog(name).catch(() => undefined)] as const)),
  );
}
