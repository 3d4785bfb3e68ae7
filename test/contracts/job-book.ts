import { describe, expect, it } from "vitest";
import { NEVER } from "../../src/async/abort.ts";
import { createJobBook, MAX_JOBS, ScheduleError } from "../../src/replication/jobs/job-book.ts";
import type { JobBookRecord, JobSchedules } from "../../src/replication/jobs/job-book.ts";
import { Job } from "../../src/replication/jobs/job.ts";
import type { RecordStore } from "../../src/replication/state/record-store.ts";

/** Schedules in memory, which can be told to refuse changes. */
export function memorySchedules() {
  const known = new Map<string, string>();
  const state = { refuses: false, beforePut: async (): Promise<void> => undefined };
  const refuse = (): void => {
    if (state.refuses) throw new ScheduleError("the schedule service is unavailable");
  };
  const schedules: JobSchedules = {
    async put({ name, schedule }) {
      refuse();
      await state.beforePut();
      known.set(name, schedule);
    },
    async remove(name) {
      await Promise.resolve();
      if (!known.has(name)) return;
      refuse();
      known.delete(name);
    },
  };
  return { known, state, schedules };
}

export const job = (name: string, more: Readonly<Record<string, unknown>> = {}): Job =>
  Job.parse({ name, task: { kind: "copy-repository", repository: "team/app" }, ...more });

/** The contract of the book of jobs on any store. */
export function jobBookContract(name: string, openStore: () => RecordStore<JobBookRecord>): void {
  const open = () => {
    const store = openStore();
    const { known, state, schedules } = memorySchedules();
    const book = createJobBook({ book: store, schedules });
    const other = createJobBook({ book: store, schedules });
    return { book, other, known, state };
  };

  describe(`jobs in ${name}`, () => {
    it("are listed by name, with their schedules started", async () => {
      const { book, known } = open();
      await book.add(job("second", { schedule: "rate(5 minutes)" }), NEVER);
      await book.add(job("first"), NEVER);
      expect((await book.list(NEVER)).map((each) => each.job.name)).toEqual(["first", "second"]);
      expect([...known]).toEqual([["second", "rate(5 minutes)"]]);
    });

    it("are not replaced by an addition", async () => {
      const { book } = open();
      await book.add(job("nightly", { retries: 1 }), NEVER);
      expect(await book.add(job("nightly", { retries: 2 }), NEVER)).toEqual({ kind: "exists" });
      expect((await book.get("nightly", NEVER))?.job.retries).toBe(1);
    });

    it("are replaced as a whole by an update of the version that was read, and by no other", async () => {
      const { book, known } = open();
      await book.add(job("nightly", { schedule: "rate(5 minutes)", retries: 3 }), NEVER);
      const version = (await book.get("nightly", NEVER))?.version;
      const updated = await book.update(job("nightly", { schedule: "rate(1 hour)" }), version, NEVER);
      expect(updated.kind).toBe("updated");
      expect((await book.get("nightly", NEVER))?.job.retries).toBe(0);
      expect(known.get("nightly")).toBe("rate(1 hour)");
      const late = await book.update(job("nightly"), version, NEVER);
      expect(late).toEqual({ kind: "changed", version: (await book.get("nightly", NEVER))?.version });
      expect(await book.update(job("absent"), undefined, NEVER)).toEqual({ kind: "unknown" });
    });

    it("stay as they were when the schedule cannot be changed", async () => {
      const { book, known, state } = open();
      await book.add(job("nightly", { schedule: "rate(5 minutes)" }), NEVER);
      const before = await book.get("nightly", NEVER);
      state.refuses = true;
      await expect(book.update(job("nightly", { schedule: "rate(1 hour)" }), undefined, NEVER)).rejects.toThrow(
        /as it was before/,
      );
      await expect(book.remove("nightly", NEVER)).rejects.toThrow(ScheduleError);
      await expect(book.add(job("other", { schedule: "rate(1 hour)" }), NEVER)).rejects.toThrow(ScheduleError);
      expect(await book.list(NEVER)).toEqual([before]);
      expect([...known]).toEqual([["nightly", "rate(5 minutes)"]]);
    });

    it("are not set back by a failing update when another one came after it", async () => {
      const { book, other, state } = open();
      await book.add(job("nightly"), NEVER);
      state.beforePut = async () => {
        state.beforePut = async () => Promise.resolve();
        await other.update(job("nightly", { retries: 4 }), undefined, NEVER);
        throw new ScheduleError("the schedule service is unavailable");
      };
      const failing = book.update(job("nightly", { schedule: "rate(1 hour)" }), undefined, NEVER);
      await expect(failing).rejects.toThrow(/not set back/);
      expect((await book.get("nightly", NEVER))?.job.retries).toBe(4);
    });

    it("have the schedule of the last of two updates that overtake each other", async () => {
      const { book, other, known, state } = open();
      await book.add(job("nightly"), NEVER);
      state.beforePut = async () => {
        state.beforePut = async () => Promise.resolve();
        await other.update(job("nightly", { schedule: "rate(2 hours)" }), undefined, NEVER);
      };
      await book.update(job("nightly", { schedule: "rate(1 hour)" }), undefined, NEVER);
      expect(known.get("nightly")).toBe("rate(2 hours)");
    });

    it("start nothing while they are disabled or after they were removed", async () => {
      const { book, known } = open();
      await book.add(job("nightly", { schedule: "rate(5 minutes)" }), NEVER);
      await book.update(job("nightly", { schedule: "rate(5 minutes)", enabled: false }), undefined, NEVER);
      expect(known.size).toBe(0);
      await book.update(job("nightly", { schedule: "rate(5 minutes)" }), undefined, NEVER);
      expect(await book.remove("nightly", NEVER)).toEqual({ kind: "removed" });
      expect(await book.remove("nightly", NEVER)).toEqual({ kind: "unknown" });
      expect([known.size, await book.get("nightly", NEVER)]).toEqual([0, undefined]);
    });

    it("are added once by concurrent additions", async () => {
      const { book, other } = open();
      const added = await Promise.all([book, other, book, other].map((each) => each.add(job("nightly"), NEVER)));
      expect(added.filter(({ kind }) => kind === "added")).toHaveLength(1);
    });
  });

  it(`holds ${MAX_JOBS} jobs at most in ${name}`, async () => {
    const { book } = open();
    for (let count = 0; count < MAX_JOBS; count++) await book.add(job(`job-${count}`), NEVER);
    expect(await book.add(job("one-more"), NEVER)).toEqual({ kind: "full" });
  });
}
