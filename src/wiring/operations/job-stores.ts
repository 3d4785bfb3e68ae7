import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createDynamoDbRecordStore } from "../../aws/dynamodb/record-store.ts";
import { JobBookRecord } from "../../replication/jobs/job-book.ts";
import { JobRunsRecord } from "../../replication/jobs/job-runs.ts";

/** The stores of jobs and their runs, apart from the others: functions that copy do not load them. */
export function openJobStores(client: DynamoDBDocumentClient, table: string) {
  const at = { client, table };
  return {
    book: createDynamoDbRecordStore({ ...at, kind: "JOBS", schema: JobBookRecord }),
    runs: createDynamoDbRecordStore({ ...at, kind: "RUNS", schema: JobRunsRecord }),
  };
}
