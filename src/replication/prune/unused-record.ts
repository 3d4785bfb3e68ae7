import { ReconcileRecord, REGULAR_CYCLE, SLOW_CYCLE } from "../cycle/cycle-record.ts";
import { deletedLately } from "../deletes/delete-allowance.ts";
import { DeletionRecord } from "../deletes/deletion-record.ts";
import { QueuePauseRecord } from "../destination/queue-pause.ts";
import { JobRunsRecord } from "../jobs/job-runs.ts";

/** The kinds of records that may be left without a use, and that do not expire by themselves. */
export const PRUNED_KINDS = ["CIRCUIT", "RATE", "INTAKE", "RECONCILE", "DELETION", "RUNS"] as const;
export type PrunedKind = (typeof PRUNED_KINDS)[number];

/** A record as it is stored. */
export interface StoredRecord {
  readonly kind: PrunedKind;
  readonly key: string;
  readonly record: unknown;
  /** It is removed only while it has this version. */
  readonly version: number;
}

/** What the stack still uses. */
export interface InUse {
  /** Destinations of the configuration, and of the deployment. */
  readonly destinations: ReadonlySet<string>;
  /** Comparisons that the configuration names. */
  readonly comparisons: ReadonlySet<string>;
  readonly jobs: ReadonlySet<string>;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Why a record has no use, as people read it. */
export type Unused =
  | "of a destination that was removed"
  | "of a comparison that was removed"
  | "of a finished comparison of one repository"
  | "of a repository without deletes"
  | "of a job that was removed";

/** How long the history of a job outlives it, in milliseconds: as long as receipts. */
const HISTORY_MS: number = 90 * 86_400_000;

/** Why the stack would behave the same without the record; undefined: it is in use, or what it says is not understood. */
export function whyUnused({ kind, key, record }: StoredRecord, inUse: InUse): Unused | undefined {
  switch (kind) {
    case "CIRCUIT":
    case "RATE":
      return removedDestination(key, inUse);
    case "INTAKE":
      return isHeld(record) ? undefined : removedDestination(key, inUse);
    case "RECONCILE":
      return unusedCycle(key, record, inUse);
    case "DELETION":
      return isEmptyDeletion(record, inUse.now) ? "of a repository without deletes" : undefined;
    case "RUNS":
      return isOldHistory(key, record, inUse) ? "of a job that was removed" : undefined;
  }
}

function removedDestination(name: string, { destinations }: InUse): Unused | undefined {
  return destinations.has(name) ? undefined : "of a destination that was removed";
}

/** A pause of an operator stays until an operator ends it, also while its destination is away. */
function isHeld(record: unknown): boolean {
  const parsed = QueuePauseRecord.safeParse(record);
  return !parsed.success || parsed.data.state === "held";
}

const SCHEDULED = "schedule-";
const REPOSITORY = "repository-";

/** Of a comparison without its record, a new one begins when it is due. Unfinished ones of a repository are continued by their job. */
function unusedCycle(key: string, record: unknown, { comparisons, now }: InUse): Unused | undefined {
  const parsed = ReconcileRecord.safeParse(record);
  if (!parsed.success || key === REGULAR_CYCLE || key === SLOW_CYCLE) return undefined;
  const { lease, finishedAt } = parsed.data;
  if (lease !== undefined && lease.until > now) return undefined;
  if (key.startsWith(SCHEDULED))
    return comparisons.has(key.slice(SCHEDULED.length)) ? undefined : "of a comparison that was removed";
  const isOver = key.startsWith(REPOSITORY) && finishedAt !== undefined;
  return isOver ? "of a finished comparison of one repository" : undefined;
}

/** The same as no record: nothing waits, nothing is kept, and nothing was deleted within a day. */
function isEmptyDeletion(record: unknown, now: number): boolean {
  const parsed = DeletionRecord.safeParse(record);
  if (!parsed.success) return false;
  const { tombstones, kept, heard = [] } = parsed.data;
  return tombstones.length + kept.length + heard.length === 0 && deletedLately(parsed.data, now) === 0;
}

function isOldHistory(job: string, record: unknown, { jobs, now }: InUse): boolean {
  const parsed = JobRunsRecord.safeParse(record);
  if (!parsed.success || jobs.has(job)) return false;
  const { running, history } = parsed.data;
  const last = Math.max(running?.until ?? 0, ...history.map(({ endedAt }) => endedAt));
  return last + HISTORY_MS < now;
}
