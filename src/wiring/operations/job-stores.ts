import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createDynamoDbRecordStore } from "../../aws/dynamodb/record-store.ts";
import { InspectionRecord } from "../../inspection/runs/inspection-record.ts";
import { JobBookRecord } from "../../replication/jobs/job-book.ts";
import { JobRunsRecord } from "../../replication/jobs/job-runs.ts";

const DAY_SECONDS = 86_400;
/** How long the newest plan and the newest verification of a job are kept. */
const INSPECTION_KEEP_DAYS = 90;

/** The stores of jobs and their runs, apart from the others: functions that copy do not load them. */
export function openJobStores(client: DynamoDBDocumentClient, table: string) {
  const at = { client, table };
  return {
    book: createDynamoDbRecordStore({ ...at, kind: "JOBS", schema: JobBookRecord }),
    inspections: createDynamoDbRecordStore({
      ...at,
      kind: "INSPECTION",
      schema: InspectionRecord,
      keepSeconds: INSPECTION_KEEP_DAYS * DAY_SECONDS,
    }),
    runs: createDynamoDbRecordStore({ ...at, kind: "RUNS", schema: JobRunsRecord }),
  };
}
