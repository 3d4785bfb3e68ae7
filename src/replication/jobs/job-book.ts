import * as z from "zod";
import type { Change, RecordStore } from "../state/record-store.ts";
import { Job } from "./job.ts";

/** A job, and the version that each change of it increments. */
export const VersionedJob = z.object({ version: z.int().positive(), job: Job });
export type VersionedJob = z.infer<typeof VersionedJob>;

/** All jobs of a stack, by name: one item of the store, so that a change of a job is one conditional write. */
export const JobBookRecord = z.object({ jobs: z.record(z.string(), VersionedJob), lastVersion: z.int() });
export type JobBookRecord = z.infer<typeof JobBookRecord>;

/** Key of the record. */
const ALL = "all";
/** The most jobs of a stack: the item stays far below the 400 KB of DynamoDB. */
export const MAX_JOBS = 100;

/** When jobs run by themselves. Each call replaces what was there. */
export interface JobSchedules {
  /** @throws {ScheduleError} */
  readonly put: (job: Job & { readonly schedule: string }, signal: AbortSignal) => Promise<void>;
  /** Does nothing when there is no schedule of this name. @throws {ScheduleError} */
  readonly remove: (name: string, signal: AbortSignal) => Promise<void>;
}

/** A schedule could not be changed. The job is as it was before, unless the message says otherwise. */
export class ScheduleError extends Error {
  override readonly name = "ScheduleError";
}

export type AddedJob = { readonly kind: "added"; readonly version: number } | { readonly kind: "exists" | "full" };
export type UpdatedJob =
  | { readonly kind: "updated"; readonly version: number }
  | { readonly kind: "unknown" }
  /** Someone else has changed the job: `version` is the present one. */
  | { readonly kind: "changed"; readonly version: number };
export type RemovedJob = { readonly kind: "removed" | "unknown" };

/** The jobs of a stack. Methods throw {@link ScheduleError} and `StoreError`. */
export interface JobBook {
  /** By name. */
  list(signal: AbortSignal): Promise<readonly VersionedJob[]>;
  get(name: string, signal: AbortSignal): Promise<VersionedJob | undefined>;
  add(job: Job, signal: AbortSignal): Promise<AddedJob>;
  /** Replaces a job as a whole. `version`: the one that the caller has read; undefined: any. */
  update(job: Job, version: number | undefined, signal: AbortSignal): Promise<UpdatedJob>;
  remove(name: string, signal: AbortSignal): Promise<RemovedJob>;
}

/** Where jobs are stored, and what starts them. */
export interface JobBookPorts {
  readonly book: RecordStore<JobBookRecord>;
  readonly schedules: JobSchedules;
}

/**
 * Jobs in one record. A change is written first, then its schedule follows. When the schedule cannot be changed, the record returns to what
 * it was, so a failing update leaves the old job with its old schedule.
 */
export function createJobBook({ book, schedules }: JobBookPorts): JobBook {
  const read = async (signal: AbortSignal) => (await book.read(ALL, signal))?.jobs ?? {};

  /** Lets the schedule of a job follow its change. When that fails, the job is set back, unless someone has changed it again. */
  async function follow(name: string, before: VersionedJob | undefined, signal: AbortSignal): Promise<void> {
    const ours = await versionOf(name, signal);
    try {
      await settleSchedule(name, { book, schedules }, signal);
    } catch (cause) {
      const problem = `the schedule of job ${name} could not be changed`;
      const undone = await book
        .update(ALL, (record) => setBack(record, { name, ours, before }), signal)
        .catch(() => false);
      // Best effort: a request that failed may have taken effect. A run reads the job, and not its schedule.
      await settleSchedule(name, { book, schedules }, signal).catch(() => undefined);
      const state = undone
        ? "the job is as it was before"
        : "the job was not set back: look at it, and update it again";
      throw new ScheduleError(`${problem}; ${state}`, { cause });
    }
  }

  async function versionOf(name: string, signal: AbortSignal): Promise<number | undefined> {
    return jobOf(await read(signal), name)?.version;
  }

  return {
    list: (signal) => listJobs(book, signal),
    get: async (name, signal) => jobOf(await read(signal), name),
    async add(job, signal) {
      const added = await book.update(ALL, (record) => addTo(record, job), signal);
      if (added.kind === "added") await follow(job.name, undefined, signal);
      return added;
    },
    async update(job, version, signal) {
      const { before, answer } = await book.update(ALL, (record) => replaceIn(record, job, version), signal);
      if (answer.kind === "updated") await follow(job.name, before, signal);
      return answer;
    },
    async remove(name, signal) {
      const before = await book.update(ALL, (record) => removeFrom(record, name), signal);
      if (before === undefined) return { kind: "unknown" };
      await follow(name, before, signal);
      return { kind: "removed" };
    },
  };
}

/** Two changes of a job may overtake each other on their way to its schedule: it follows until the record stays as it was. */
const MOST_CHANGES = 5;

async function settleSchedule(name: string, { book, schedules }: JobBookPorts, signal: AbortSignal): Promise<void> {
  const present = async () => jobOf((await book.read(ALL, signal))?.jobs ?? {}, name);
  let known = await present();
  for (let changes = 0; changes < MOST_CHANGES; changes++) {
    const schedule = known?.job.enabled === true ? known.job.schedule : undefined;
    if (known === undefined || schedule === undefined) await schedules.remove(name, signal);
    else await schedules.put({ ...known.job, schedule }, signal);
    const now = await present();
    if (now?.version === known?.version) return;
    known = now;
  }
  throw new ScheduleError(`job ${name} changed ${MOST_CHANGES} times while its schedule was being changed`);
}

function jobOf(jobs: JobBookRecord["jobs"], name: string): VersionedJob | undefined {
  return Object.hasOwn(jobs, name) ? jobs[name] : undefined;
}

const EMPTY: JobBookRecord = { jobs: {}, lastVersion: 0 };

/** The record with a job in its next version, or without it (undefined). */
function written(record: JobBookRecord, name: string, job: Job | undefined): JobBookRecord {
  const version = record.lastVersion + 1;
  const { [name]: _before, ...others } = record.jobs;
  return { jobs: job === undefined ? others : { ...others, [name]: { version, job } }, lastVersion: version };
}

function addTo(record: JobBookRecord = EMPTY, job: Job): Change<JobBookRecord, AddedJob> {
  if (jobOf(record.jobs, job.name) !== undefined) return { answer: { kind: "exists" } };
  if (Object.keys(record.jobs).length >= MAX_JOBS) return { answer: { kind: "full" } };
  const next = written(record, job.name, job);
  return { next, answer: { kind: "added", version: next.lastVersion } };
}

function replaceIn(
  record: JobBookRecord = EMPTY,
  job: Job,
  version: number | undefined,
): Change<JobBookRecord, { readonly before: VersionedJob | undefined; readonly answer: UpdatedJob }> {
  const before = jobOf(record.jobs, job.name);
  if (before === undefined) return { answer: { before, answer: { kind: "unknown" } } };
  if (version !== undefined && before.version !== version)
    return { answer: { before, answer: { kind: "changed", version: before.version } } };
  const next = written(record, job.name, job);
  return { next, answer: { before, answer: { kind: "updated", version: next.lastVersion } } };
}

function removeFrom(record: JobBookRecord = EMPTY, name: string): Change<JobBookRecord, VersionedJob | undefined> {
  const before = jobOf(record.jobs, name);
  return before === undefined ? { answer: before } : { next: written(record, name, undefined), answer: before };
}

interface SetBack {
  readonly name: string;
  /** The version that the failing change has made; undefined: it removed the job. */
  readonly ours: number | undefined;
  readonly before: VersionedJob | undefined;
}

/** Undoes a change of a job, with its old version. False when someone has changed the job again. */
function setBack(record: JobBookRecord = EMPTY, { name, ours, before }: SetBack): Change<JobBookRecord, boolean> {
  if (jobOf(record.jobs, name)?.version !== ours) return { answer: false };
  const { jobs, lastVersion } = written(record, name, undefined);
  return { next: { jobs: before === undefined ? jobs : { ...jobs, [name]: before }, lastVersion }, answer: true };
}

/** All jobs by name. For code that changes no jobs. */
export async function listJobs(
  book: Pick<JobBookPorts["book"], "read">,
  signal: AbortSignal,
): Promise<readonly VersionedJob[]> {
  return byName((await book.read(ALL, signal))?.jobs ?? {});
}

function byName(jobs: JobBookRecord["jobs"]): readonly VersionedJob[] {
  return Object.values(jobs).toSorted((a, b) => (a.job.name < b.job.name ? -1 : 1));
}

/** One job as it is now; undefined when there is none. For code that changes no jobs. */
export async function readJob(
  book: Pick<JobBookPorts["book"], "read">,
  name: string,
  signal: AbortSignal,
): Promise<VersionedJob | undefined> {
  return jobOf((await book.read(ALL, signal))?.jobs ?? {}, name);
}
