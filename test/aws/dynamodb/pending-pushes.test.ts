import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, describe, expect, it } from "vitest";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { startDynamoDb } from "../../../local/emulators/dynamodb.ts";
import { createStateTable } from "../../../local/emulators/state-table.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { createDynamoDbPendingPushes } from "../../../src/aws/dynamodb/pending-pushes.ts";
import { createDynamoDbPushAcceptor } from "../../../src/aws/dynamodb/push-acceptor.ts";
import { createDynamoDbReceipts } from "../../../src/aws/dynamodb/receipts.ts";
import { parseRepositoryName, parseTag } from "../../../src/oci/reference.ts";
import type { PendingPush } from "../../../src/replication/pending/pending-push.ts";
import { StoreError } from "../../../src/replication/state/record-store.ts";

const dynamo = await startDynamoDb();
await createStateTable(dynamo.endpoint, "state");
const client = DynamoDBDocumentClient.from(new DynamoDBClient({ ...LOCAL_AWS, endpoint: dynamo.endpoint }));
const at = { client, table: "state" };
const acceptor = createDynamoDbPushAcceptor(at);
const pending = createDynamoDbPendingPushes(at);

afterAll(async () => {
  client.destroy();
  await dynamo.close();
});

const push = (id: string, tag: string, destination: string): PendingPush => ({
  id,
  destination,
  repository: parseRepositoryName("team/app"),
  reference: parseTag(tag),
  pushedAt: 1_000,
  acceptedAt: 2_000,
});
const idsOf = async (destination: string): Promise<string[]> =>
  (await Array.fromAsync(pending.ofDestination(destination, NEVER))).map(({ id }) => id);

describe("pending pushes in DynamoDB", () => {
  it("are listed by destination and by tag, noted, and ended", async () => {
    for (const each of [
      push("a", "v1", "gar"),
      push("b", "v1", "gar"),
      push("c", "v10", "gar"),
      push("a", "v1", "hub"),
    ])
      await acceptor.accept(each, NEVER);
    expect(await idsOf("gar")).toEqual(["a", "b", "c"]);
    const [first] = await pending.ofTag(push("", "v1", "gar"), NEVER);
    expect([first, (await pending.ofTag(push("", "v1", "gar"), NEVER)).length]).toEqual([push("a", "v1", "gar"), 2]);
    expect(await pending.note(push("a", "v1", "gar"), { bytes: 7, lateAt: 9 }, NEVER)).toBe(true);
    await pending.end(push("b", "v1", "gar"), NEVER);
    expect(await pending.ofTag(push("", "v1", "gar"), NEVER)).toEqual([
      { ...push("a", "v1", "gar"), bytes: 7, lateAt: 9 },
    ]);
    expect(await idsOf("hub")).toEqual(["a"]);
  });

  it("stay as they are when they are accepted again, and take no note once they have ended", async () => {
    const first = push("again", "v1", "twice");
    await acceptor.accept(first, NEVER);
    await acceptor.accept({ ...first, acceptedAt: 9_000 }, NEVER);
    expect(await Array.fromAsync(pending.ofDestination("twice", NEVER))).toEqual([first]);
    await pending.end(first, NEVER);
    await pending.end(first, NEVER);
    expect(await pending.note(first, { bytes: 7 }, NEVER)).toBe(false);
    expect(await idsOf("twice")).toEqual([]);
  });

  it("expire when no queue can have their message any more", async () => {
    await acceptor.accept(push("old", "v1", "expiring"), NEVER);
    const Key = { pk: "PENDING#expiring", sk: "team/app:v1#old" };
    const { Item } = await client.send(new GetCommand({ TableName: "state", Key }));
    expect(Item?.["expiresAt"]).toBe(2 + 14 * 86_400);
  });

  it("are an error with the cause when the table does not exist", async () => {
    const absent = createDynamoDbPendingPushes({ client, table: "absent" });
    const accepting = createDynamoDbPushAcceptor({ client, table: "absent" });
    await expect(absent.end(push("a", "v1", "gar"), NEVER)).rejects.toBeInstanceOf(StoreError);
    await expect(absent.note(push("a", "v1", "gar"), { bytes: 1 }, NEVER)).rejects.toBeInstanceOf(StoreError);
    await expect(accepting.accept(push("a", "v1", "gar"), NEVER)).rejects.toBeInstanceOf(StoreError);
  });
});

describe("a receipt in DynamoDB", () => {
  it("that is written again stays as it was, and the writer gets the first one", async () => {
    const receipts = createDynamoDbReceipts({ ...at, keepSeconds: 60 });
    const about = { kind: "tag", key: "gar/app:v1" } as const;
    const first = { id: "e1", endedAt: 1, traceparent: "00", outcome: "failed", reason: "target-denied" } as const;
    expect(await receipts.write(about, first, NEVER)).toBe(first);
    const again = { id: "e1", endedAt: 2, traceparent: "00", outcome: "replicated" } as const;
    expect(await receipts.write(about, again, NEVER)).toEqual(first);
  });
});
