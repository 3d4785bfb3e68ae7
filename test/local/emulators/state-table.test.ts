import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { expect, it } from "vitest";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { startDynamoDb } from "../../../local/emulators/dynamodb.ts";
import { createStateTable } from "../../../local/emulators/state-table.ts";

it("a state table of an earlier version gets the index of unsealed receipts, and keeps its items", async () => {
  const emulator = await startDynamoDb();
  const client = new DynamoDBClient({ ...LOCAL_AWS, endpoint: emulator.endpoint });
  const [TableName, keys] = ["state", ["pk", "sk"]];
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      KeySchema: keys.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? "HASH" : "RANGE" })),
    }),
  );
  await waitUntilTableExists({ client, minDelay: 1, maxDelay: 1, maxWaitTime: 600 }, { TableName });
  const old = { pk: { S: "TAG#a" }, sk: { S: "STATE" } };
  const receipt = { pk: { S: "TAG#a" }, sk: { S: "RECEIPT#1" }, unsealed: { S: "europe" } };
  for (const Item of [old, receipt]) await client.send(new PutItemCommand({ TableName, Item }));

  await createStateTable(emulator.endpoint, TableName);
  await createStateTable(emulator.endpoint, TableName);
  expect((await client.send(new ScanCommand({ TableName }))).Count).toBe(2);
  expect((await client.send(new ScanCommand({ TableName, IndexName: "unsealed" }))).Items).toEqual([receipt]);
  client.destroy();
  await emulator.close();
});
