import { randomUUID } from "node:crypto";
import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { LOCAL_AWS } from "../../local/access/local-aws.ts";
import { startDynamoDb } from "../../local/emulators/dynamodb.ts";
import { createStateTable } from "../../local/emulators/state-table.ts";
import { createApi } from "../../src/api/create-api.ts";
import type { Api } from "../../src/api/protocol/api-environment.ts";
import { ApiError } from "../../src/api/protocol/problem.ts";
import { NEVER } from "../../src/async/abort.ts";
import { StoredTagRecord } from "../../src/aws/dynamodb/stored-tag-record.ts";
import { concurrently } from "../../src/async/run-concurrently.ts";
import { stackPartsOf } from "../../src/contract/stack/stack-parts.ts";
import { digestOf } from "../../src/oci/digest.ts";
import type { TagRecord } from "../../src/replication/state/tag-record.ts";
import { operationsOf } from "../../src/wiring/operations/open-operations.ts";
import { openTableClient } from "../../src/wiring/operations/state-stores.ts";

/** Writes at the same time, and records in each (Amazon DynamoDB API, "BatchWriteItem"). */
const CONCURRENT = 4;
const BATCH = 25;
const TABLE = "state";

/** The API of a stack with so many tags: its own code, over an emulated table. Nothing else of the stack runs. */
export interface ManyTags extends AsyncDisposable {
  readonly fetch: Api["fetch"];
}

export async function openManyTags(count: number): Promise<ManyTags> {
  await using parts = new AsyncDisposableStack();
  const dynamo = await startDynamoDb();
  parts.defer(() => dynamo.close());
  await createStateTable(dynamo.endpoint, TABLE);
  const operations = parts.use(
    operationsOf(variablesOf(dynamo.endpoint), { ...LOCAL_AWS, endpoint: dynamo.endpoint }, NEVER),
  );
  await writeTags(count, dynamo.endpoint);
  const unavailable = (): Promise<never> => Promise.reject(new ApiError(503, "only the tags are there"));
  const api = createApi({
    operations,
    status: unavailable,
    configuration: unavailable,
    jobs: () => Promise.resolve(undefined),
    receiptKey: () => Promise.resolve(undefined),
    callerOf: () => ({ name: "bench", requestId: randomUUID() }),
    role: "viewer",
    origins: [],
    audit: () => undefined,
    failed: () => undefined,
    now: Date.now,
  });
  const opened = parts.move();
  return { fetch: api.fetch, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function variablesOf(endpoint: string) {
  const parts = stackPartsOf({
    source: { account: "123456789012", region: LOCAL_AWS.region },
    destinations: [{ name: "eu" }],
    longLane: false,
    reconcile: { everyMinutes: 10, schedules: [] },
  });
  return {
    FREIGHTLINER_STACK: "bench",
    FREIGHTLINER_TABLE: TABLE,
    FREIGHTLINER_CONFIGURATION_FILE: "configuration.json",
    FREIGHTLINER_PARTS: JSON.stringify(parts),
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
  };
}

async function writeTags(count: number, endpoint: string): Promise<void> {
  const client = openTableClient({ ...LOCAL_AWS, endpoint });
  const batches = Array.from({ length: Math.ceil(count / BATCH) }, (_, nth) => nth * BATCH);
  const write = async (from: number): Promise<void> => {
    const items = Array.from({ length: Math.min(BATCH, count - from) }, (_, nth) => itemOf(from + nth));
    const requests = items.map((Item) => ({ PutRequest: { Item } }));
    await client.send(new BatchWriteCommand({ RequestItems: { [TABLE]: requests } }));
  };
  try {
    await concurrently(batches, CONCURRENT, write, NEVER);
  } finally {
    client.destroy();
  }
}

function itemOf(number: number) {
  const key = `eu/project/mirror/team-${number % 97}/service-${number % 1_013}:v${number}`;
  return {
    pk: `TAG#${key}`,
    sk: "STATE",
    version: 1,
    writeId: "w",
    record: z.encode(StoredTagRecord, recordOf(number)),
  };
}

function recordOf(number: number): TagRecord {
  const at = Date.now() - number * 60_000;
  const digest = digestOf(Buffer.from(String(number)));
  const failed = { outcome: "failed", reason: "target-denied" } as const;
  return {
    fence: 1,
    attempts: 0,
    wantedAt: at,
    replicated: { digest, at },
    last: number % 50 === 0 ? failed : { outcome: "replicated" },
  };
}
