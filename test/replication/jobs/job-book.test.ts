import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll } from "vitest";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { startDynamoDb } from "../../../local/emulators/dynamodb.ts";
import { createStateTable } from "../../../local/emulators/state-table.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { openJobStores } from "../../../src/wiring/operations/job-stores.ts";
import { jobBookContract } from "../../contracts/job-book.ts";

const dynamo = await startDynamoDb();
await createStateTable(dynamo.endpoint, "state");
const options = { marshallOptions: { removeUndefinedValues: true } };
const client = DynamoDBDocumentClient.from(new DynamoDBClient({ ...LOCAL_AWS, endpoint: dynamo.endpoint }), options);
let books = 0;

afterAll(async () => {
  client.destroy();
  await dynamo.close();
});

jobBookContract("memory", () => createMemoryRecordStore());
jobBookContract("DynamoDB", () => {
  books++;
  const prefix = `book-${books}-`;
  const { book } = openJobStores(client, "state");
  return {
    read: (key, signal) => book.read(`${prefix}${key}`, signal),
    update: (key, change, signal) => book.update(`${prefix}${key}`, change, signal),
  };
});
