import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ResourceNotFoundException,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import type { AttributeValue, TableDescription } from "@aws-sdk/client-dynamodb";
import { setTimeout as sleep } from "node:timers/promises";
import { UNSEALED, UNSEALED_INDEX } from "../../src/contract/stack/record-owners.ts";
import { awsConfigOf, TEST_KEY } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";

/** Between two looks at a table that is being created or deleted, in milliseconds. */
const POLL_MS = 5;

/** Creates the state table as the stack defines it, unless it exists. One of an earlier version gets its index. */
export async function createStateTable(endpoint: string, name: string, key: AccessKeyId = TEST_KEY): Promise<void> {
  const client = new DynamoDBClient({ ...awsConfigOf(key), endpoint });
  try {
    const found = await describe(client, name);
    if (found === undefined) await create(client, name);
    else if (found.GlobalSecondaryIndexes === undefined) await createAgain(client, name);
  } finally {
    client.destroy();
  }
}

async function describe(client: DynamoDBClient, name: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function create(client: DynamoDBClient, name: string): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: ["pk", "sk", UNSEALED].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: UNSEALED_INDEX,
          KeySchema: [{ AttributeName: UNSEALED, KeyType: "HASH" }],
          Projection: { ProjectionType: "KEYS_ONLY" },
        },
      ],
    }),
  );
  await whileItIs(client, name, (table) => table?.TableStatus !== "ACTIVE");
}

/** A table is created, and deleted, a moment after the answer (DynamoDB API, "CreateTable", "DeleteTable"). */
async function whileItIs(
  client: DynamoDBClient,
  name: string,
  isPending: (table: TableDescription | undefined) => boolean,
): Promise<void> {
  while (isPending(await describe(client, name))) await sleep(POLL_MS);
}

/** The emulator adds no index to a table, which DynamoDB does: the table is created again with its items. */
async function createAgain(client: DynamoDBClient, name: string): Promise<void> {
  const items: Record<string, AttributeValue>[] = [];
  let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
  do {
    const from = ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey };
    const page = await client.send(new ScanCommand({ TableName: name, ...from }));
    items.push(...(page.Items ?? []));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  await client.send(new DeleteTableCommand({ TableName: name }));
  await whileItIs(client, name, (table) => table !== undefined);
  await create(client, name);
  for (const Item of items) await client.send(new PutItemCommand({ TableName: name, Item }));
}
