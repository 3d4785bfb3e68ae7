import type { Configuration } from "../../src/contract/configuration.ts";
import { RECONCILE_LEASE_SECONDS } from "../../src/contract/limits.ts";
import { Metric } from "../../src/contract/metric-names.ts";
import { describeError } from "../../src/contract/observer.ts";
import type { Observer } from "../../src/contract/observer.ts";
import { parseRepositoryName } from "../../src/oci/reference.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import type { TagListing } from "../../src/oci/tag-listing.ts";
import type { CopyRequest } from "../../src/replication/copy-request.ts";
import { isForsaken } from "../../src/replication/intake.ts";
import type { IntakeRecord } from "../../src/replication/intake.ts";
import { targetRepository } from "../../src/replication/plan-copies.ts";
import { reconcileRepository } from "../../src/replication/reconcile.ts";
import type { ReconciledRepository, Reconciled, SourceCatalog } from "../../src/replication/reconcile.ts";
import {
  advanceCycle,
  claimCycle,
  leaveCycle,
  REGULAR_CYCLE,
  scheduledCycle,
} from "../../src/replication/reconcile-cycle.ts";
import type { ClaimCycle, ReconcileRecord } from "../../src/replication/reconcile-cycle.ts";
import type { RecordStore } from "../../src/replication/record-store.ts";
import type { TagRecord } from "../../src/replication/tag-record.ts";

export interface ReconcileDependencies {
  readonly configuration: Configuration;
  readonly catalog: SourceCatalog;
  readonly listing: (destination: string, repository: RepositoryName) => TagListing;
  readonly tags: RecordStore<TagRecord>;
  readonly cycles: RecordStore<ReconcileRecord>;
  readonly intakes: RecordStore<IntakeRecord>;
  /** Queues requests that are in no hurry. */
  readonly send: (requests: readonly CopyRequest[]) => Promise<void>;
  /** Requests that wait for a destination, pushed and not yet looked at. */
  readonly backlog: (destination: string) => Promise<number>;
  /** Lets a destination's queues be read as deployed. */
  readonly openIntake: (destination: string) => Promise<void>;
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
}

/** Time kept to note how far it came, in milliseconds. */
const RESERVE_MS = 10_000;

/** A comparison under way: destinations of which a repository could not be compared. */
interface Comparing extends ReconcileDependencies {
  readonly failed: Set<string>;
}

/** One comparison: of what, and how often it begins. */
interface Scope {
  /** Key of its {@link ReconcileRecord}. */
  readonly key: string;
  readonly everyMs: number;
  readonly matches: (repository: string) => boolean;
}

/**
 * Compares the source with every destination, repository by repository, and asks for what differs: pushes whose events
 * were lost, and everything there was before Freightliner came. Goes on where the last invocation stopped. Also opens
 * queues that were paused and then forgotten. `schedule` names the comparison that is due now by a schedule of its own.
 */
export function createHandler(dependencies: ReconcileDependencies) {
  const { configuration, timeout, observer } = dependencies;
  return async (remainingMs: number, schedule?: string): Promise<ReconcileReport> => {
    await openForsaken(dependencies);
    const signal = timeout(Math.max(remainingMs - RESERVE_MS, 0));
    const total = { repositories: 0, asked: 0, missed: 0 };
    const outcomes = new Set<ReconcileReport["outcome"]>();
    const failed = new Set<string>();
    for (const scope of scopesOf(configuration, schedule)) {
      const { outcome, ...compared } = await compareAll(scope, { ...dependencies, failed }, signal);
      outcomes.add(outcome);
      total.repositories += compared.repositories;
      total.asked += compared.asked;
      total.missed += compared.missed;
      if (outcome === "finished" && scope.key === REGULAR_CYCLE) countHeartbeats(dependencies, failed);
      if (outcome !== "rest") observer.info("Comparison ended", { comparison: scope.key, outcome, ...compared });
    }
    return { outcome: (["partial", "finished"] as const).find((each) => outcomes.has(each)) ?? "rest", ...total };
  };
}

/** A destination of which something could not be compared has not been compared: its alarm goes off when that goes on. */
function countHeartbeats({ configuration, observer }: ReconcileDependencies, failed: ReadonlySet<string>): void {
  for (const { name } of configuration.destinations) {
    if (!failed.has(name)) observer.count(Metric.reconciliations, 1, name);
  }
}

/** What is due by a schedule comes first; other comparisons with schedules only go on where they were stopped, at last. */
function scopesOf({ reconcile }: Configuration, schedule: string | undefined): Scope[] {
  const { schedules, everyMinutes, matches } = reconcile;
  const scopeOf = (known: (typeof schedules)[number], everyMs: number): Scope => ({
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
    { key: REGULAR_CYCLE, everyMs: everyMinutes * 60_000, matches },
    ...others.map((known) => scopeOf(known, Number.POSITIVE_INFINITY)),
  ];
}

/** Begins a comparison or goes on with it, as far as the time reaches; two at once are one and a rest. */
async function compareAll(
  { key, everyMs, matches }: Scope,
  dependencies: Comparing,
  signal: AbortSignal,
): Promise<ReconcileReport> {
  const { configuration, catalog, cycles, owner, now } = dependencies;
  const claim = (): ClaimCycle => ({ owner, now: now(), leaseMs: RECONCILE_LEASE_SECONDS * 1_000, everyMs });
  const total = { repositories: 0, asked: 0, missed: 0 };
  const claimed = await cycles.update(key, (record) => claimCycle(record, claim()));
  if (claimed.kind === "rest") return { outcome: "rest", ...total };
  const id = `reconcile-${key === REGULAR_CYCLE ? "" : `${key}-`}${new Date(claimed.startedAt).toISOString()}`;
  const repositories = await wantedRepositories(catalog, { configuration, matches }, signal);
  let isOurs = true;
  for (const repository of repositories.filter((name) => name > claimed.after)) {
    if (signal.aborted || !isOurs) break;
    const compared = await compare(repository, id, dependencies, signal);
    if (compared === undefined) break;
    total.repositories++;
    total.asked += compared.asked;
    total.missed += compared.missed;
    isOurs = await cycles.update(key, (record) => advanceCycle(record, claim(), repository));
  }
  const isFinished = isOurs && !signal.aborted;
  await cycles.update(key, (record) => leaveCycle(record, owner, isFinished ? now() : undefined));
  return { outcome: isFinished ? "finished" : "partial", ...total };
}

/** Repositories that any rule names, in the order in which they are compared. */
async function wantedRepositories(
  catalog: SourceCatalog,
  { configuration: { rules }, matches }: Pick<Scope, "matches"> & Pick<ReconcileDependencies, "configuration">,
  signal: AbortSignal,
): Promise<RepositoryName[]> {
  const all = await catalog.repositories(signal);
  return all
    .filter((name) => matches(name) && rules.some((rule) => rule.matchesRepository(name)))
    .toSorted((a, b) => (a < b ? -1 : Number(a > b)));
}

/** Compares a repository with every destination it goes to. Undefined when the time is up. */
async function compare(
  repository: RepositoryName,
  id: string,
  dependencies: Comparing,
  signal: AbortSignal,
): Promise<Pick<Reconciled, "asked" | "missed"> | undefined> {
  const { observer, backlog, configuration, failed, ...rest } = dependencies;
  const context = { ...rest, id, graceMs: configuration.reconcile.graceSeconds * 1_000 };
  const total = { asked: 0, missed: 0 };
  for (const place of placesOf(repository, dependencies)) {
    const { destination } = place;
    try {
      // What waits in the queue has been heard of, though nobody has noted it yet.
      const waiting = await backlog(destination);
      const { asked, missed, wanted, different } = await reconcileRepository(place, context, signal);
      const counted = waiting === 0 ? missed : 0;
      observer.count(Metric.tagsRepaired, asked, destination);
      observer.count(Metric.eventsMissed, counted, destination);
      if (different > 0)
        observer.info("Tags differ", { repository, destination, wanted, different, asked, missed: counted });
      total.asked += asked;
      total.missed += counted;
    } catch (error) {
      if (signal.aborted) return undefined;
      failed.add(destination);
      // A destination that is away, or a repository that is gone: the next comparison comes soon.
      observer.warn("Repository could not be compared", { repository, destination, error: describeError(error) });
    }
  }
  return total;
}

function placesOf(
  repository: RepositoryName,
  { configuration, listing }: ReconcileDependencies,
): ReconciledRepository[] {
  const { rules, destinations } = configuration;
  return destinations.flatMap(({ name, prefix }) => {
    const matching = rules.filter((rule) => rule.destinations.includes(name) && rule.matchesRepository(repository));
    // Rules may send the tags of one repository to several.
    const targets = new Set(matching.map((rule) => parseRepositoryName(`${prefix}/${rule.as ?? repository}`)));
    return [...targets].map((to) => ({
      repository,
      destination: name,
      scope: `${name}/${to}`,
      target: listing(name, to),
      wants: (tag) => targetRepository({ repository, destination: name, reference: tag }, rules, prefix) === to,
    }));
  });
}

/** Towards working: queues that nobody looks after any more are opened. */
async function openForsaken({
  configuration,
  intakes,
  openIntake,
  now,
  observer,
}: ReconcileDependencies): Promise<void> {
  for (const { name } of configuration.destinations) {
    const intake = await intakes.update(name, (record) => ({ answer: record }));
    if (!isForsaken(intake, now())) continue;
    await openIntake(name);
    await intakes.update(name, () => ({ next: { state: "full" }, answer: undefined }));
    observer.error("Queues were paused and forgotten; they are read again", { destination: name });
  }
}
