import { isRepositoryName } from "../../src/oci/reference.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import { compareRepository } from "../../src/replication/compare-repository.ts";
import type { ReconcileContext } from "../../src/replication/reconcile.ts";
import type { Limits } from "../../src/replication/limited.ts";
import type { Standings } from "../../src/replication/standings.ts";
import { moveSlow, REGULAR_CYCLE, SLOW_CYCLE } from "../../src/replication/reconcile-cycle.ts";
import type { ReconcileDependencies } from "./handler.ts";
import { isDone, noteFailure, noteFound, slowSubjects } from "./note-compared.ts";
import { placesOf } from "./places.ts";
import type { Scope } from "./scopes.ts";

export interface Total {
  repositories: number;
  asked: number;
  missed: number;
}

/** What a repository may take from the others, in milliseconds: so long without a sign of a listing (which may wait a minute for its turn), and in all. */
const LIMITS: Limits = { idleMs: 75_000, totalMs: 180_000 };

type Comparing = ReconcileDependencies & Pick<ReconcileContext, "ending">;

/**
 * What one comparison is of, and how each of its subjects is compared. A subject is a repository; of the slow comparison
 * also a repository and, after a space, the one destination it is slow with.
 */
export function createComparer(scope: Scope, dependencies: Comparing, standings: Standings) {
  const { configuration, catalog, cycles, backlog, observer, ending } = dependencies;
  const isSlow = scope.key === SLOW_CYCLE;
  const total: Total = { repositories: 0, asked: 0, missed: 0 };
  const slow = new Set<string>();

  async function subjects(signal: AbortSignal): Promise<readonly string[]> {
    const known = await cycles.update(SLOW_CYCLE, (record) => ({ answer: record?.subjects ?? [] }), signal);
    if (isSlow) return known;
    for (const subject of known) slow.add(subject);
    const all = await catalog.repositories(signal);
    return all
      .filter((name) => scope.matches(name) && configuration.rules.some((rule) => rule.matchesRepository(name)))
      .filter((name) => !slow.has(name))
      .toSorted((a, b) => (a < b ? -1 : Number(a > b)));
  }

  async function compare(subject: string, startedAt: number, signal: AbortSignal): Promise<readonly string[]> {
    const [repository = "", only] = subject.split(" ");
    if (!isRepositoryName(repository)) return [];
    const places = placesOf(repository, dependencies).filter(({ destination }) =>
      only === undefined ? !slow.has(`${repository} ${destination}`) : destination === only,
    );
    const waiting = await backlogs(places, (name) => backlog(name, signal));
    const id = `reconcile-${scope.key === REGULAR_CYCLE ? "" : `${scope.key}-`}${new Date(startedAt).toISOString()}`;
    const graceMs = configuration.reconcile.graceSeconds * 1_000;
    const limits = isSlow ? {} : LIMITS;
    const context = { ...dependencies, standings, limits, id, graceMs };
    const compared = await compareRepository(places, context, signal);
    if (compared.some(({ kind }) => kind === "stopped")) signal.throwIfAborted();
    total.repositories++;
    const failed = places.filter((place, index) => !noteFailure(place, compared[index], observer));
    for (const [index, place] of places.entries()) {
      const found = noteFound(place, compared[index], waiting.get(place.destination), observer);
      total.asked += found.asked;
      total.missed += found.missed;
    }
    const moved = {
      add: isSlow ? [] : slowSubjects(places, compared),
      remove: isSlow && isDone(compared) ? [subject] : [],
    };
    if (moved.add.length + moved.remove.length > 0)
      await cycles.update(SLOW_CYCLE, (record) => moveSlow(record, moved), ending);
    return [...new Set(failed.map(({ destination }) => destination))];
  }

  return { subjects, compare, total };
}

/** How much waits in the live queue of each destination; undefined where that cannot be found out. */
async function backlogs(
  places: readonly { readonly destination: string; readonly repository: RepositoryName }[],
  backlog: (destination: string) => Promise<number>,
): Promise<Map<string, number | undefined>> {
  const names = [...new Set(places.map(({ destination }) => destination))];
  return new Map(
    await Promise.all(names.map(async (name) => [name, await backlog(name).catch(() => undefined)] as const)),
  );
}
