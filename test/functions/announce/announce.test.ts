import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { Ajv2020 } from "ajv/dist/2020.js";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/announce/handler.ts";
import { awsConfigOf, TEST_KEY } from "../../../local/access/access-key.ts";
import { startPutEvents } from "../../../local/emulators/put-events.ts";
import type { PutEvent } from "../../../local/emulators/put-events.ts";
import { eventSchema } from "../../../reference/event-schema.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { createEventBus } from "../../../src/aws/event-bus.ts";
import { endAnnouncement, lateAnnouncement } from "../../../src/replication/pending/announcement.ts";
import type { Announcement } from "../../../src/replication/pending/announcement.ts";
import { parseRepositoryName, parseTag } from "../../../src/oci/reference.ts";
import { Receipt } from "../../../src/replication/outcome/receipt.ts";
import { createObserved } from "../observer.ts";

const SCHEMA = "docs/operate/events.schema.json";
const isValid = new Ajv2020({ strict: true, validateFormats: false }).compile(JSON.parse(readFileSync(SCHEMA, "utf8")));
const WITHIN_MS = 300_000;

/** The receipt of an accepted push that ended so long after it. */
function receiptOf(outcome: object, lagMs = 1_000): Receipt {
  const subject = { destination: "gar", repository: "app", reference: "v1", pushedAt: 1_000 };
  const times = { endedAt: 1_000 + lagMs, acceptedAt: 2_000, countsFrom: 1_000 };
  return Receipt.parse({ id: "e1", traceparent: "00", ...subject, ...times, ...outcome });
}

const push = { repository: parseRepositoryName("app"), reference: parseTag("v1"), pushedAt: 0, acceptedAt: 500 };
const late = lateAnnouncement({ id: "e1", destination: "gar", ...push }, 301_000);
const ends: readonly (readonly [Announcement["type"] | undefined, object, number])[] = [
  ["Replicated", { outcome: "replicated", digest: "sha256:00", rule: "all" }, 300_000],
  ["LateArrived", { outcome: "unchanged" }, 300_001],
  ["Replicated", { outcome: "superseded", reason: "newer-push" }, 0],
  ["Failed", { outcome: "failed", reason: "target-denied", error: "no" }, 1],
  ["Skipped", { outcome: "skipped", reason: "not-latest" }, 900_000],
  ["Skipped", { outcome: "quarantined", reason: "unsigned" }, 1],
  [undefined, { outcome: "replicated", acceptedAt: undefined }, 1],
  [undefined, { outcome: "deleted", reason: "retention" }, 1],
];

describe("the announcement of a push", () => {
  it.each(ends)("is %s for %j", (type, outcome, lagMs) => {
    const announced = endAnnouncement(receiptOf(outcome, lagMs), WITHIN_MS);
    expect(announced?.type).toBe(type);
    expect(announced?.id).toBe(type && "e1/gar/app:v1/end");
  });

  it("says that it is late, with an id of its own, and leaves out a time of push that is unknown", () => {
    const { id, type, lagSeconds, pushedAt } = late;
    expect([id, type, lagSeconds, pushedAt]).toEqual(["e1/gar/app:v1/late", "Late", 300.5, undefined]);
  });
});

/** The announce function in front of the local event bus. */
async function setUp() {
  const events: PutEvent[] = [];
  const bus = await startPutEvents(TEST_KEY, (event) => events.push(event));
  const client = new EventBridgeClient({ ...awsConfigOf(TEST_KEY), endpoint: bus.endpoint, maxAttempts: 1 });
  const observer = createObserved();
  const put = createEventBus(client);
  return {
    events,
    observer,
    put,
    handle: createHandler({ stack: "images", put, observer }),
    close: () => bus.close(),
    async [Symbol.asyncDispose]() {
      client.destroy();
      await bus.close();
    },
  };
}

const messageOf = (body: object | string, index: number) => ({
  messageId: `m${index}`,
  body: typeof body === "string" ? body : JSON.stringify(body),
});

describe("the announce function", () => {
  it("puts every type of announcement on the bus, as the published schema says", async () => {
    await using stack = await setUp();
    const announced = ends.flatMap(([, outcome, lagMs]) => endAnnouncement(receiptOf(outcome, lagMs), WITHIN_MS) ?? []);
    const all = [...announced, late];
    expect(await stack.handle(all.map(messageOf), NEVER)).toEqual([]);
    expect(stack.events.map(({ source, type }) => [source, type])).toEqual(
      all.map(({ type }) => ["freightliner", type]),
    );
    for (const { detail } of stack.events) {
      isValid(detail);
      expect(isValid.errors).toBeNull();
    }
    expect(stack.events[0]?.detail).toEqual({ ...all[0], stack: "images" });
    expect(stack.observer.counts).toEqual([{ metric: "PushesAnnounced", value: all.length, destination: undefined }]);
  });

  it("keeps on the queue what the bus refuses, and drops what is no announcement", async () => {
    await using stack = await setUp();
    const put: typeof stack.put = (events) =>
      Promise.resolve(events.map((_, index) => (index === 1 ? "ThrottlingException" : undefined)));
    const handle = createHandler({ stack: "images", put, observer: stack.observer });
    expect(await handle([late, "{", late, { version: 1 }].map(messageOf), NEVER)).toEqual(["m2"]);
    expect(stack.observer.lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      "error: Message is no announcement; it is dropped",
      "error: Message is no announcement; it is dropped",
      "warn: Events were not taken; they are sent again",
    ]);
  });

  it("keeps everything on the queue while the bus is down", async () => {
    await using stack = await setUp();
    await stack.close();
    expect(await stack.handle([late, late].map(messageOf), NEVER)).toEqual(["m0", "m1"]);
  });
});

describe("the JSON Schema of events", () => {
  it("is up to date: npm run reference writes it", () => {
    expect(JSON.parse(readFileSync(SCHEMA, "utf8"))).toEqual(JSON.parse(JSON.stringify(eventSchema())));
  });

  it("accepts fields that a later version adds, and refuses an unknown type", () => {
    expect(isValid({ ...late, stack: "images", added: true })).toBe(true);
    expect(isValid({ ...late, stack: "images", type: "Lost" })).toBe(false);
  });
});
