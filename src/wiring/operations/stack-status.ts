import { LAG_GOAL } from "../../contract/stack/limits.ts";
import { PAUSED_REPOSITORIES } from "../../replication/holds/paused-repositories.ts";
import { isSetAside } from "../../replication/pending/pending-push.ts";
import type { PendingPush } from "../../replication/pending/pending-push.ts";
import { addPending, NOTHING_PENDING } from "../../replication/pending/pending-total.ts";
import type { PendingTotal } from "../../replication/pending/pending-total.ts";
import { REGULAR_CYCLE, scheduledCycle } from "../../replication/cycle/cycle-record.ts";
import { leftOutOf } from "../../replication/backfill/backfill-record.ts";
import { countStatuses, listedTag } from "../../replication/state/tag-status.ts";
import type { ListedTag } from "../../replication/state/tag-status.ts";
import type { Operations } from "./open-operations.ts";

export type StackStatus = Awaited<ReturnType<typeof readStackStatus>>;

/** The number of most recently replicated tags to show. */
const ARRIVED = 10;

/** The current state of tags, destinations, comparisons and dead letters. Scans the whole table: for the command, not for functions. */
export async function readStackStatus(operations: Operations) {
  const now = Date.now();
  const tags: ListedTag[] = [];
  for await (const { key, record } of operations.tags()) tags.push(listedTag(key, record, now));
  const read = await Promise.all(operations.parts.destinations.map((name) => readDestination(name, operations)));
  const destinations = read.map(({ setAside: _own, ...destination }) => destination);
  const comparisons = await Promise.all(scopesOf(operations.parts).map((each) => readComparison(each, operations)));
  const letters = await operations.depth(operations.deadLettersUrl);
  const behind = tags.filter(({ state }) => state !== "equal" && state !== "skipped");
  const arrived = tags.flatMap(({ key, replicated }) => (replicated === undefined ? [] : [{ key, ...replicated }]));
  return {
    at: now,
    destinations,
    pausedRepositories: await readPaused(
      read.map(({ setAside }) => setAside),
      operations,
    ),
    comparisons,
    deadLetters: letters.visible + letters.delayed + letters.inFlight,
    tags: countStatuses(tags),
    /** Tags that differ from the source, the longest lag first. */
    behind: behind.toSorted((a, b) => b.lagMs - a.lagMs),
    arrived: arrived.toSorted((a, b) => b.at - a.at).slice(0, ARRIVED),
  };
}

async function readDestination(name: string, { stores, queues, depth, pending, signal }: Operations) {
  const circuit = await stores.circuits.read(name, signal);
  const queuePause = await stores.queuePauses.read(name, signal);
  const rate = (await stores.rates.read(name, signal))?.perSecond;
  const backfill = await stores.backfills.read(name, signal);
  const own = queues.filter(({ destination }) => destination === name);
  const { total, setAside } = await totalOf(pending.ofDestination(name, signal));
  const depths = await Promise.all(
    own.map(async ({ priority, url }) => {
      const { visible, delayed, inFlight } = await depth(url);
      return { priority, waiting: visible + delayed, inFlight };
    }),
  );
  return {
    name,
    circuit: circuit ?? { state: "closed" },
    /** The queue pause: `status --json` has always called it so. */
    intake: queuePause ?? { state: "full" },
    rate,
    queues: depths,
    /** What the backfill policy leaves out. */
    leftOut: backfill && leftOutOf(backfill),
    pending: total,
    setAside,
  };
}

/** `setAside`: how many of the pushes of each repository wait for the end of its pause. */
async function totalOf(
  pushes: AsyncIterable<PendingPush>,
): Promise<{ readonly total: PendingTotal; readonly setAside: ReadonlyMap<string, number> }> {
  const options = { now: Date.now(), withinMs: LAG_GOAL.withinMs };
  let total = NOTHING_PENDING;
  const setAside = new Map<string, number>();
  for await (const push of pushes) {
    total = addPending(total, push, options);
    if (isSetAside(push)) setAside.set(push.repository, (setAside.get(push.repository) ?? 0) + 1);
  }
  return { total, setAside };
}

/** The paused repositories, and how many pushes of each wait, at all destinations. */
async function readPaused(
  waiting: readonly ReadonlyMap<string, number>[],
  { stores, signal }: Pick<Operations, "stores" | "signal">,
) {
  const paused = (await stores.pausedRepositories.read(PAUSED_REPOSITORIES, signal)) ?? {};
  return Object.entries(paused).map(([repository, pause]) => {
    const counts = waiting.map((ofDestination) => ofDestination.get(repository) ?? 0);
    return { repository, ...pause, waiting: counts.reduce((sum, count) => sum + count, 0) };
  });
}

/** All comparisons: name, schedule, and the key of their record. */
function scopesOf({ reconcile }: Operations["parts"]) {
  const regular = { name: "regular", begins: `every ${reconcile.everyMinutes} min`, key: REGULAR_CYCLE };
  const named = reconcile.schedules.map(({ name, at, timeZone }) => ({
    name,
    begins: `${at} ${timeZone}`,
    key: scheduledCycle(name),
  }));
  return [regular, ...named];
}

async function readComparison(
  { key, ...comparison }: ReturnType<typeof scopesOf>[number],
  { stores, signal }: Operations,
) {
  const record = await stores.cycles.read(key, signal);
  return { ...comparison, startedAt: record?.startedAt, finishedAt: record?.finishedAt };
}
