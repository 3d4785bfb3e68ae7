import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { afterAll, describe, expect, it } from "vitest";
import { startDynamoDb } from "../../../local/emulators/dynamodb.ts";
import { createStateTable } from "../../../local/emulators/state-table.ts";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { createDynamoDbRecordStore } from "../../../src/aws/dynamodb/record-store.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { StoreError } from "../../../src/replication/state/record-store.ts";
import { recordStoreContract } from "../../contracts/record-store.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";

const dynamo = await startDynamoDb();
await createStateTable(dynamo.endpoint, "state");
await createStateTable(dynamo.endpoint, "state");
const client = DynamoDBDocumentClient.from(new DynamoDBClient({ ...LOCAL_AWS, endpoint: dynamo.endpoint }));
let tables = 0;

afterAll(async () => {
  client.destroy();
  await dynamo.close();
});

const open = (schema: z.ZodType<number> = z.number()) =>
  createDynamoDbRecordStore({ client, table: "state", kind: "TAG", schema, keepSeconds: 60 });

recordStoreContract("memory", () => createMemoryRecordStore());
recordStoreContract("DynamoDB", () => {
  tables++;
  const prefix = `run-${tables}/`;
  const store = open();
  return {
    read: (key, signal) => store.read(`${prefix}${key}`, signal),
    update: (key, change, signal) => store.update(`${prefix}${key}`, change, signal),
  };
});

describe("a record in DynamoDB", () => {
  it("has its time of expiry in epoch seconds", async () => {
    await open().update("ttl", () => ({ next: 1, answer: 0 }), NEVER);
    const { Item } = await client.send(new GetCommand({ TableName: "state", Key: { pk: "TAG#ttl", sk: "STATE" } }));
    const seconds = z.object({ expiresAt: z.number() }).parse(Item).expiresAt - Date.now() / 1_000;
    expect(seconds).toBeGreaterThan(50);
    expect(seconds).toBeLessThan(70);
  });

  it("fails to parse with an error when it does not match the schema", async () => {
    await open().update("odd", () => ({ next: 1, answer: 0 }), NEVER);
    const strict = open(z.number().min(5));
    await expect(strict.update("odd", () => ({ next: 6, answer: 0 }), NEVER)).rejects.toThrow(StoreError);
    await expect(strict.read("odd", NEVER)).rejects.toThrow(StoreError);
  });

  it("P20, P22: is recognized as our own when the response to its write was lost and the SDK retried it", async () => {
    await using proxy = await scriptedServer(async ({ headers, body, url }, response) => {
      const target = String(headers["x-amz-target"]);
      const send = (): Promise<Response> =>
        fetch(`${dynamo.endpoint}${url}`, {
          method: "POST",
          body: new Uint8Array(body),
          headers: { ...pick(headers), "x-amz-target": target },
        });
      const first = await send();
      // The write arrives twice: the second time its condition no longer holds.
      const answer = target.endsWith("PutItem") ? await send() : first;
      response
        .writeHead(answer.status, { "content-type": "application/x-amz-json-1.0" })
        .end(Buffer.from(await answer.arrayBuffer()));
    });
    const lossy = DynamoDBDocumentClient.from(new DynamoDBClient({ ...LOCAL_AWS, endpoint: `http://${proxy.host}` }));
    const store = createDynamoDbRecordStore({ client: lossy, table: "state", kind: "TAG", schema: z.number() });
    let runs = 0;
    expect(
      await store.update(
        "lost",
        (known) => {
          runs++;
          return { next: (known ?? 0) + 1, answer: "mine" };
        },
        NEVER,
      ),
    ).toBe("mine");
    expect(runs).toBe(1);
    expect(await open().read("lost", NEVER)).toBe(1);
    lossy.destroy();
  });

  it("P23: is read consistently, and P24: is used even if the table should have removed it", async () => {
    await using proxy = await scriptedServer((_got, response) => {
      const Item = {
        version: { N: "3" },
        writeId: { S: "w" },
        record: { N: "7" },
        expiresAt: { N: "1" },
      };
      response.writeHead(200, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify({ Item }));
    });
    const reading = DynamoDBDocumentClient.from(new DynamoDBClient({ ...LOCAL_AWS, endpoint: `http://${proxy.host}` }));
    const store = createDynamoDbRecordStore({ client: reading, table: "state", kind: "TAG", schema: z.number() });
    expect(await store.update("x", (known) => ({ answer: known }), NEVER)).toBe(7);
    expect(await store.read("x", NEVER)).toBe(7);
    expect(proxy.got).toHaveLength(2);
    for (const { body } of proxy.got) expect(JSON.parse(body.toString())).toMatchObject({ ConsistentRead: true });
    reading.destroy();
  });

  it("P19, P34: causes a StoreError when the table throttles or denies access, after the SDK's own retries", async () => {
    await using proxy = await scriptedServer(({ headers }, response) => {
      const isRead = String(headers["x-amz-target"]).endsWith("GetItem");
      const __type = isRead ? "ProvisionedThroughputExceededException" : "AccessDeniedException";
      response.writeHead(400, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify({ __type }));
    });
    const busy = DynamoDBDocumentClient.from(
      new DynamoDBClient({ ...LOCAL_AWS, endpoint: `http://${proxy.host}`, maxAttempts: 2 }),
    );
    const store = createDynamoDbRecordStore({ client: busy, table: "state", kind: "TAG", schema: z.number() });
    await expect(store.update("x", () => ({ next: 1, answer: 0 }), NEVER)).rejects.toBeInstanceOf(StoreError);
    expect(proxy.got.length).toBe(2);
    busy.destroy();
  });

  it("causes a StoreError that says what to check when the table is unreachable", async () => {
    const store = createDynamoDbRecordStore({ client, table: "missing-table", kind: "TAG", schema: z.number() });
    const advice = /missing-table cannot be used .* check the table and the function's role/;
    await expect(store.update("x", () => ({ answer: 0 }), NEVER)).rejects.toThrow(advice);
    await expect(store.read("x", NEVER)).rejects.toThrow(advice);
  });
});

function pick(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return {
    authorization: String(headers["authorization"]),
    "content-type": "application/x-amz-json-1.0",
    "x-amz-date": String(headers["x-amz-date"]),
  };
}
