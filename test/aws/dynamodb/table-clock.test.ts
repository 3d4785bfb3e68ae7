import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, it } from "vitest";
import { startHttpServer } from "../../../src/loopback/http-server.ts";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { createTableClock } from "../../../src/aws/dynamodb/table-clock.ts";

/** A table whose clock is what `server.now` says, and a client whose own is wrong by as much as told. */
async function setUp(wrongByMs: number) {
  const truth = { now: Date.UTC(2026, 0, 1), elapsed: 0, travelMs: 0 };
  const server = await startHttpServer((request, response) => {
    request.resume();
    response.sendDate = false;
    const headers = { "content-type": "application/x-amz-json-1.0", date: new Date(truth.now).toUTCString() };
    truth.now += truth.travelMs;
    truth.elapsed += truth.travelMs;
    response.writeHead(200, headers).end("{}");
  });
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ ...LOCAL_AWS, endpoint: `http://${server.host}` }));
  const now = createTableClock(
    client,
    () => truth.elapsed,
    () => truth.now + wrongByMs,
  );
  const ask = (): Promise<unknown> => client.send(new GetCommand({ TableName: "t", Key: { pk: "a", sk: "b" } }));
  const pass = (ms: number): void => {
    truth.now += ms;
    truth.elapsed += ms;
  };
  return {
    truth,
    now,
    ask,
    pass,
    async [Symbol.asyncDispose]() {
      client.destroy();
      await server.close();
    },
  };
}

describe("P27: the time of the table", () => {
  it.each([300_000, -300_000, 0])(
    "is known within a second on a container whose clock is %d ms wrong",
    async (wrong) => {
      await using set = await setUp(wrong);
      expect(set.now() - set.truth.now).toBe(wrong);
      for (let answer = 0; answer < 20; answer++) {
        await set.ask();
        expect(Math.abs(set.now() - set.truth.now)).toBeLessThanOrEqual(1_000);
        set.pass(137);
      }
    },
  );

  it("does not jump with the container's clock, and is right again after a suspension", async () => {
    await using set = await setUp(0);
    await set.ask();
    set.truth.now += 60_000;
    expect(set.truth.now - set.now()).toBe(60_000);
    await set.ask();
    expect(Math.abs(set.now() - set.truth.now)).toBeLessThanOrEqual(1_000);
  });

  it("is moved neither backward nor forward by a slow response", async () => {
    await using set = await setUp(0);
    set.pass(500);
    await set.ask();
    const before = set.now() - set.truth.now;
    set.truth.travelMs = 4_000;
    await set.ask();
    expect(set.now() - set.truth.now).toBe(before);
  });
});
