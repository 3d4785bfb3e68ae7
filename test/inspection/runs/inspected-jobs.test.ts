import { expect, it } from "vitest";
import { NEVER } from "../../../src/async/abort.ts";
import { inspectedJobs } from "../../../src/inspection/runs/inspected-jobs.ts";
import { claimInspection } from "../../../src/inspection/runs/inspection-record.ts";
import type { InspectionRecord } from "../../../src/inspection/runs/inspection-record.ts";
import { createJobBook } from "../../../src/replication/jobs/job-book.ts";
import type { JobBookRecord } from "../../../src/replication/jobs/job-book.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { job, memorySchedules } from "../../contracts/job-book.ts";

it("ends the inspection of a job that is removed: one of the same name that is added later does not continue it", async () => {
  const inspections = createMemoryRecordStore<InspectionRecord>();
  const { schedules } = memorySchedules();
  const book = createJobBook({ book: createMemoryRecordStore<JobBookRecord>(), schedules });
  const jobs = inspectedJobs(book, { inspections, now: () => 100 });
  const nightly = job("nightly");
  const claimAt = (now: number, wanted: Parameters<typeof claimInspection>[2]) =>
    inspections.update(
      nightly.name,
      (record) => claimInspection(record, { owner: "o", now, leaseMs: 10 }, wanted),
      NEVER,
    );
  await jobs.add(nightly, NEVER);
  await claimAt(1, { run: "r", task: "{}", configuration: "c" });
  expect(await jobs.remove(nightly.name, NEVER)).toEqual({ kind: "removed" });
  await jobs.add(nightly, NEVER);
  expect(await claimAt(200, { configuration: "c" })).toEqual({ kind: "rest" });
});
