import type { JobBook } from "../../replication/jobs/job-book.ts";
import type { RecordStore } from "../../replication/state/record-store.ts";
import { cancelInspection } from "./inspection-record.ts";
import type { InspectionRecord } from "./inspection-record.ts";

/** The jobs, where the removal of one also ends its inspection: a job of the same name that is added later does not continue it. */
export function inspectedJobs(
  book: JobBook,
  { inspections, now }: { readonly inspections: RecordStore<InspectionRecord>; readonly now: () => number },
): JobBook {
  return {
    ...book,
    async remove(name, signal) {
      const removed = await book.remove(name, signal);
      if (removed.kind === "removed")
        await inspections.update(name, (record) => cancelInspection(record, now()), signal);
      return removed;
    },
  };
}
