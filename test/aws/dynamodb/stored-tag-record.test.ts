import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, describe, expect, it } from "vitest";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { startDynamoDb } from "../../../local/emulators/dynamodb.ts";
import { createStateTable } from "../../../local/emulators/state-table.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { claimTag, renewTag } from "../../../src/replication/state/tag-record.ts";
import { settleTag } from "../../../src/replication/state/tag-settlement.ts";
import { openStateStores } from "../../../src/wiring/operations/state-stores.ts";

const dynamo = await startDynamoDb();
await createStateTable(dynamo.endpoint, "state");
const client = DynamoDBDocumentClient.from(new DynamoDBClient({ ...LOCAL_AWS, endpoint: dynamo.endpoint }));
const { tags } = openStateStores(client, "state");

afterAll(async () => {
  client.destroy();
  await dynamo.close();
});

const keyOf = (key: string) => ({ pk: `TAG#${key}`, sk: "STATE" });
const stored = async (key: string): Promise<unknown> =>
  (await client.send(new GetCommand({ TableName: "state", Key: keyOf(key) }))).Item?.["record"];
const store = (key: string, record: object) =>
  client.send(new PutCommand({ TableName: "state", Item: { ...keyOf(key), version: 1, writeId: "w", record } }));
const claim = (key: string, message: string, pushedAt: number) => ({
  key,
  message,
  owner: message,
  pushedAt,
  now: 100,
  leaseMs: 50,
});

describe("the stored record of a tag", () => {
  it("has the dirty mark beside the lease, as every version of the functions reads it", async () => {
    await tags.update("a", (record) => claimTag(record, claim("a", "one", 7)), NEVER);
    const lease = { message: "one", owner: "one", fence: 1, until: 150, since: 100 };
    const record = { fence: 1, attempts: 0, fruitless: 0, wantedAt: 7, lease };
    expect(await stored("a")).toEqual({ ...record, dirty: false });
    await tags.update("a", (known) => claimTag(known, claim("a", "two", 9)), NEVER);
    expect(await stored("a")).toEqual({ ...record, wantedAt: 9, dirty: true });
  });

  it("says that it is not dirty when there is no lease", async () => {
    const settlement = { kind: "completed", last: { outcome: "unchanged" } } as const;
    await tags.update("b", (record) => claimTag(record, claim("b", "one", 7)), NEVER);
    const lease = { key: "b", owner: "one", fence: 1 };
    await tags.update("b", (record) => settleTag(record, lease, settlement), NEVER);
    expect(await stored("b")).toEqual({ fence: 1, attempts: 0, wantedAt: 7, dirty: false, last: settlement.last });
  });

  it("tells the holder of a lease about the push that another version marked", async () => {
    const lease = { message: "one", owner: "one", fence: 1, until: 150 };
    await store("c", { fence: 1, attempts: 0, wantedAt: 9, lease, dirty: true });
    const renewal = { until: 200, progress: undefined, finished: 0 };
    const answer = await tags.update(
      "c",
      (record) => renewTag(record, { key: "c", owner: "one", fence: 1 }, renewal),
      NEVER,
    );
    expect(answer).toEqual({ kind: "held", newerPushAt: 9 });
    expect(await stored("c")).toMatchObject({ dirty: true, lease: { until: 200 } });
  });

  it("is read as not dirty, with the time of the push, when it is marked dirty without a lease", async () => {
    await store("d", { fence: 3, attempts: 1, wantedAt: 9, dirty: true });
    expect(await tags.read("d", NEVER)).toEqual({ fence: 3, attempts: 1, wantedAt: 9 });
    const claimed = await tags.update("d", (record) => claimTag(record, claim("d", "one", 7)), NEVER);
    expect(claimed).toMatchObject({ kind: "leased", attempts: 1, wantedAt: 9 });
  });
});
