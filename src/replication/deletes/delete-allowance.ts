import type { Change } from "../state/record-store.ts";
import { isSame } from "./deletion-record.ts";
import type { DeletionRecord, TagAtTarget, Tombstone } from "./deletion-record.ts";

const HOUR_MS = 3_600_000;
const DAY_MS: number = 24 * HOUR_MS;

/** How many tags of a repository may be deleted. */
export interface Allowance {
  /** Its tags, including those that were deleted in the last 24 hours. */
  readonly tags: number;
  readonly maxRatioPerDay: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Deletions that began in the last 24 hours. An hour counts until its last minute is so old. */
export function deletedLately(record: DeletionRecord | undefined, now: number): number {
  return lately(record?.hours ?? [], now).reduce((sum, { count }) => sum + count, 0);
}

/** Begins a deletion, which counts from now on, even if the process dies. False when the repository has had its share. */
export function beginDeletion(
  record: DeletionRecord | undefined,
  tombstone: Tombstone,
  { tags, maxRatioPerDay, now }: Allowance,
): Change<DeletionRecord, "begun" | "cancelled" | "held"> {
  const standing = record?.tombstones.some((each) => isSame(each, tombstone)) ?? false;
  // An operator has undone it since it was read.
  if (record === undefined || !standing) return { answer: "cancelled" };
  const most = Math.max(Math.floor(tags * maxRatioPerDay), 1);
  if (deletedLately(record, now) >= most) return { answer: "held" };
  return {
    next: {
      ...record,
      tombstones: record.tombstones.map((each) => (isSame(each, tombstone) ? { ...each, begunAt: now } : each)),
      hours: counted(record.hours, now, 1),
    },
    answer: "begun",
  };
}

/** Ends tombstones: `removed` are over, `answered` stand and say why they were not deleted. */
export function endTombstones(
  record: DeletionRecord | undefined,
  removed: readonly TagAtTarget[],
  answered: readonly Tombstone[],
): Change<DeletionRecord, void> {
  if (record === undefined || removed.length + answered.length === 0) return { answer: undefined };
  const tombstones = record.tombstones
    .filter((each) => !removed.some((over) => isSame(over, each)))
    .map((each) => answered.find((answer) => isSame(answer, each)) ?? each);
  return { next: { ...record, tombstones }, answer: undefined };
}

function lately(hours: DeletionRecord["hours"], now: number): DeletionRecord["hours"] {
  return hours.filter(({ at }) => at + HOUR_MS > now - DAY_MS);
}

function counted(hours: DeletionRecord["hours"], now: number, count: number): DeletionRecord["hours"] {
  const at = now - (now % HOUR_MS);
  const known = lately(hours, now);
  const before = known.find((hour) => hour.at === at)?.count ?? 0;
  return [...known.filter((hour) => hour.at !== at), { at, count: before + count }];
}
