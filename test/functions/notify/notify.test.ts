import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/notify/handler.ts";
import { sendDigest } from "../../../functions/notify/send-digest.ts";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { startDynamoDb } from "../../../local/emulators/dynamodb.ts";
import { createStateTable } from "../../../local/emulators/state-table.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { createWebhook } from "../../../src/channels/http-channels.ts";
import { NotificationChannel } from "../../../src/contract/channels/notification-channel.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import type { SendMessage } from "../../../src/replication/notices/message.ts";
import type { NotifyingRule } from "../../../src/replication/notices/notice-channels.ts";
import { openStateStores } from "../../../src/wiring/operations/state-stores.ts";
import { createObserved } from "../observer.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import { unavailableStore } from "../../fixtures/unavailable-store.ts";

const dynamo = await startDynamoDb();
await createStateTable(dynamo.endpoint, "state");
const client = DynamoDBDocumentClient.from(new DynamoDBClient({ ...LOCAL_AWS, endpoint: dynamo.endpoint }));
const connections = createConnections();
let rooms = 0;

afterAll(async () => {
  client.destroy();
  await connections.close();
  await dynamo.close();
});

/** An event of EventBridge about a push, as a message of the queue. */
const eventOf = (type: string, more: { request?: string; at?: number; [field: string]: unknown } = {}): string => {
  const { request = "e1", at = 10, ...rest } = more;
  const detail = {
    version: 1,
    id: `${request}/gar/app:v1/${type === "Late" ? "late" : "end"}`,
    type,
    destination: "gar",
    repository: "app",
    reference: "v1",
    request,
    at: new Date(at * 1_000).toISOString(),
    lagSeconds: 1,
    stack: "images",
    ...rest,
  };
  return JSON.stringify({ version: "0", id: "x", source: "freightliner", "detail-type": type, detail });
};
const alarmOf = (NewStateValue: string, more: object = {}): string =>
  JSON.stringify({ AlarmName: "freightliner-dead-letters", NewStateValue, NewStateReason: "one", ...more });
const failed = (request: string, at?: number): string =>
  eventOf("Failed", { request, outcome: "failed", reason: "target-denied", ...(at === undefined ? {} : { at }) });

interface Room {
  readonly channel: NotificationChannel;
  /** The first lines of what it was told. */
  readonly told: () => string[];
  readonly headers: () => unknown[];
  /** Answers of the next requests, before it takes everything. */
  readonly answers: { readonly status: number; readonly retryAfter?: string }[];
}

/** The notify function in front of the real table, with receivers on this machine. */
async function setUp(channels: readonly object[] = [{}], rules: readonly NotifyingRule[] = []) {
  const stack = new AsyncDisposableStack();
  const observer = createObserved();
  const time = { now: 1_000_000 };
  const again: number[] = [];
  const senders = new Map<string, SendMessage>();
  const open: Room[] = [];
  for (const written of channels) {
    const answers: Room["answers"] = [];
    const taken: { title: string; id: unknown }[] = [];
    const server = stack.use(
      await scriptedServer((got, response) => {
        const { status, retryAfter } = answers.shift() ?? { status: 200 };
        const title = String(JSON.parse(String(got.body)).text).split("\n")[0] ?? "";
        if (status < 300) taken.push({ title, id: got.headers["webhook-id"] });
        response.writeHead(status, retryAfter === undefined ? {} : { "retry-after": retryAfter }).end();
      }),
    );
    const channel = NotificationChannel.parse({
      name: `room-${++rooms}`,
      kind: "webhook",
      webhook: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:room-AbCdEf",
      hosts: [server.host],
      plainHttp: true,
      on: ["failed", "late", "quarantined", "recovered", "alarm"],
      ...written,
    });
    const url = () => Promise.resolve(`http://${server.host}/very-secret`);
    const options = { url, hosts: [server.host], plainHttp: true, signingKeys: undefined, connections, now: () => 0 };
    senders.set(channel.name, createWebhook(options));
    open.push({
      channel,
      told: () => taken.map(({ title }) => title),
      headers: () => taken.map(({ id }) => id),
      answers,
    });
  }
  const { notices, digests } = openStateStores(client, "state");
  const dependencies = {
    notices,
    digests,
    channels: open.map(({ channel }) => channel),
    rules,
    stack: "images",
    send: (...[channel, message, signal]: Parameters<Parameters<typeof createHandler>[0]["send"]>) =>
      senders.get(channel.name)?.(message, signal) ?? Promise.reject(new Error("no sender")),
    again: (_receipt: string, afterMs: number) => Promise.resolve(void again.push(afterMs)),
    now: () => time.now,
    observer,
  };
  const handle = (bodies: readonly string[], receiveCount = 1, other: object = {}) =>
    createHandler({ ...dependencies, ...other })(
      bodies.map((body, index) => ({ messageId: `m${index}`, receiptHandle: `r${index}`, body, receiveCount })),
      NEVER,
    );
  const [room] = open;
  if (room === undefined) throw new Error("no channel");
  return {
    room,
    rooms: open,
    handle,
    again,
    observer,
    time,
    dependencies,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const FAILED = "🔴 app:v1 failed at gar";
const ARRIVED = "🟢 app:v1 has arrived at gar";

describe("a channel", () => {
  it("is told each failure once, however often the queue delivers it, and what arrives after it", async () => {
    await using stack = await setUp();
    expect(await stack.handle([failed("e1"), failed("e1")])).toEqual([]);
    expect(await stack.handle([failed("e1")])).toEqual([]);
    expect(stack.room.told()).toEqual([FAILED]);
    await stack.handle([eventOf("Replicated", { request: "e2", at: 20 })]);
    await stack.handle([
      eventOf("Replicated", { request: "e2", at: 20 }),
      eventOf("Replicated", { request: "e3", at: 30 }),
    ]);
    expect(stack.room.told()).toEqual([FAILED, ARRIVED]);
    await stack.handle([failed("e4", 40)]);
    expect(stack.room.told()).toEqual([FAILED, ARRIVED, FAILED]);
    expect(stack.observer.counts.map(({ metric }) => metric)).toEqual(
      Array.from({ length: 3 }, () => "NotificationsSent"),
    );
  });

  it("is told after it was unavailable: the message stays on the queue, longer each time, as long as the channel asks", async () => {
    await using stack = await setUp();
    stack.room.answers.push({ status: 500 }, { status: 429, retryAfter: "120" }, { status: 503 });
    expect(await stack.handle([failed("e1")], 1)).toEqual(["m0"]);
    expect(await stack.handle([failed("e1")], 2)).toEqual(["m0"]);
    expect(await stack.handle([failed("e1")], 3)).toEqual(["m0"]);
    expect(stack.again).toEqual([10_000, 120_000, 40_000]);
    expect(stack.observer.counts).toEqual([{ metric: "NotificationsFailed", value: 1, destination: undefined }]);
    expect(await stack.handle([failed("e1")], 9)).toEqual([]);
    expect(stack.room.told()).toEqual([FAILED]);
    expect(JSON.stringify(stack.observer.lines)).toContain("the channel answered 429");
    expect(JSON.stringify(stack.observer.lines)).not.toContain("very-secret");
  });

  it("is left alone for the rest of the batch when it fails, while the others are told, each once", async () => {
    await using stack = await setUp([{}, {}]);
    const [down, up] = stack.rooms;
    down?.answers.push({ status: 503 }, { status: 200 });
    expect(await stack.handle([failed("e1"), failed("e2", 11)])).toEqual(["m0", "m1"]);
    expect(down?.answers).toHaveLength(1);
    expect([down?.told(), up?.told()]).toEqual([[], [FAILED, FAILED]]);
    expect(await stack.handle([failed("e1"), failed("e2", 11)], 2)).toEqual([]);
    expect([down?.told(), up?.told()]).toEqual([
      [FAILED, FAILED],
      [FAILED, FAILED],
    ]);
  });

  it("is told of a push that was late, and that it has arrived, also when the events change places", async () => {
    await using stack = await setUp();
    await stack.handle([
      eventOf("LateArrived", { at: 400, outcome: "replicated" }),
      eventOf("Late", { at: 301, lagSeconds: 301 }),
    ]);
    expect(stack.room.told()).toEqual(["🟠 app:v1 is late at gar: pushed 5 minutes ago", ARRIVED]);
  });

  it("that is told errors only gets no arrivals, and one for gates only what is quarantined", async () => {
    await using stack = await setUp([{ on: ["failed"] }, { on: ["quarantined", "alarm"] }]);
    const [errors, gates] = stack.rooms;
    await stack.handle([failed("e1"), eventOf("Replicated", { at: 20 }), eventOf("Skipped", { outcome: "skipped" })]);
    await stack.handle([eventOf("Skipped", { request: "e5", outcome: "quarantined", reason: "unsigned" })]);
    expect([errors?.told(), gates?.told()]).toEqual([
      [FAILED],
      ["🟡 app:v1 is quarantined: it does not leave the source for gar"],
    ]);
  });

  it("is told an alarm once in a quarter of an hour, and its end", async () => {
    await using stack = await setUp();
    const at = (time: string) => ({ StateChangeTime: `2026-11-27T20:${time}.000+0000` });
    await stack.handle([alarmOf("OK", at("00:00")), alarmOf("INSUFFICIENT_DATA"), alarmOf("ALARM", at("01:00"))]);
    await stack.handle([alarmOf("ALARM", at("02:00"))]);
    expect(stack.room.told()).toEqual(["🔴 freightliner-dead-letters is alarm ()"]);
    await stack.handle([alarmOf("OK", at("03:00"))]);
    stack.time.now += 900_000;
    await stack.handle([alarmOf("ALARM", at("30:00"))]);
    expect(stack.room.told()).toHaveLength(3);
    expect(stack.room.told()[1]).toBe("🟢 freightliner-dead-letters is well again ()");
  });

  it("is told without the table, except for arrivals, which wait for it; what is no message is dropped", async () => {
    await using stack = await setUp();
    const without = { notices: unavailableStore() };
    expect(
      await stack.handle([alarmOf("ALARM"), failed("e1"), eventOf("Replicated", { at: 20 }), "{", "{}"], 1, without),
    ).toEqual(["m2"]);
    expect(stack.room.told()).toHaveLength(2);
    expect(stack.observer.lines.filter(({ level }) => level === "error")).toHaveLength(2);
  });
});

describe("a channel with a digest", () => {
  const setUpDigest = () => setUp([{ digestMinutes: 15 }]);

  it("gets one message of all that was collected, and nothing when there is nothing", async () => {
    await using stack = await setUpDigest();
    const { name } = stack.room.channel;
    await stack.handle([
      failed("e1"),
      failed("e1"),
      failed("e2", 11),
      eventOf("Replicated", { request: "e3", at: 20 }),
    ]);
    expect(stack.room.told()).toEqual([]);
    expect(await sendDigest(name, stack.dependencies, NEVER)).toBe("sent");
    expect(stack.room.told()).toEqual(["3 notices of images since 1970-01-01T00:16:40.000Z"]);
    expect(await sendDigest(name, stack.dependencies, NEVER)).toBe("empty");
    expect(await sendDigest("unknown", stack.dependencies, NEVER)).toBe("no-channel");
    expect(stack.room.told()).toHaveLength(1);
  });

  it("gets it from the next call after it was unavailable, or after a crash with the same id", async () => {
    await using stack = await setUpDigest();
    const { name } = stack.room.channel;
    await stack.handle([failed("e1")]);
    stack.room.answers.push({ status: 503 });
    expect(await sendDigest(name, stack.dependencies, NEVER)).toBe("failed");
    // The process ends between the delivery and its note.
    const { digests } = stack.dependencies;
    let updates = 0;
    const crashing: typeof digests = {
      read: (...call) => digests.read(...call),
      update: (...call) => (++updates > 1 ? Promise.reject(new Error("killed")) : digests.update(...call)),
    };
    await expect(sendDigest(name, { ...stack.dependencies, digests: crashing }, NEVER)).rejects.toThrow("killed");
    await stack.handle([failed("e2", 11)]);
    expect(await sendDigest(name, stack.dependencies, NEVER)).toBe("sent");
    const [first, second] = stack.room.headers();
    expect(second).toBe(first);
    expect(stack.room.told()).toEqual([1, 1].map(() => "1 notice of images since 1970-01-01T00:16:40.000Z"));
    stack.time.now += 900_000;
    expect(await sendDigest(name, stack.dependencies, NEVER)).toBe("sent");
    expect(stack.room.headers()[2]).not.toBe(first);
  });
});
