import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { ecrPushEvent } from "../../../local/emulators/ecr-events.ts";
import type { BusEvent } from "../../../local/emulators/ecr-events.ts";
import { createEventBus } from "../../../local/emulators/event-bus.ts";
import type { EventBusOptions, UndeliveredEvent } from "../../../local/emulators/event-bus.ts";
import { matchesPattern } from "../../../local/emulators/event-pattern.ts";
import { LOCAL_AWS } from "../../../local/emulators/local-aws.ts";
import { startSqs } from "../../../local/emulators/sqs.ts";
import { openUndeliveredEvents } from "../../../local/emulators/undelivered-events.ts";
import { PUSH_PATTERN } from "../../../src/contract/push-pattern.ts";
import { eventually } from "../../fixtures/eventually.ts";

const pushOf = (tag: string): BusEvent =>
  ecrPushEvent(
    { repository: "app", digest: `sha256:${"a".repeat(64)}`, mediaType: "application/json", tag },
    { id: `event-${tag}`, account: "123456789012", region: "eu-central-1", at: new Date(0) },
  );

function setUp(options: Partial<EventBusOptions> = {}) {
  const delivered: (string | undefined)[] = [];
  const undelivered: UndeliveredEvent[] = [];
  const bus = createEventBus({
    pattern: PUSH_PATTERN,
    invoke(event) {
      delivered.push(event.detail["image-tag"]);
      return Promise.resolve({ kind: "returned", value: undefined });
    },
    giveUp: (event) => Promise.resolve(void undelivered.push(event)),
    firstPauseMs: 1,
    ...options,
  });
  return { bus, delivered, undelivered };
}

describe("the local event bus", () => {
  it("gives its rule's target what the stack's rule would match, and nothing else", async () => {
    const { bus, delivered } = setUp();
    const push = pushOf("v1");
    bus.put({ ...push, source: "mine.ecr" });
    bus.put({ ...push, "detail-type": "ECR Image Scan" });
    bus.put({ ...push, detail: { ...push.detail, "action-type": "DELETE" } });
    bus.put({ ...push, detail: { "repository-name": "app" } });
    bus.put(push);
    await eventually("a delivery", () => delivered.at(0));
    await bus.close();
    expect(delivered).toEqual(["v1"]);
  });

  it("delivers twice, never, or late, so that others overtake", async () => {
    const fates = { twice: "twice", lost: "never", first: "late", second: "once" } as const;
    const isFate = (tag: string): tag is keyof typeof fates => tag in fates;
    const { bus, delivered } = setUp({
      delivery(event) {
        const tag = event.detail["image-tag"] ?? "";
        return isFate(tag) ? fates[tag] : "once";
      },
    });
    for (const tag of Object.keys(fates)) bus.put(pushOf(tag));
    await eventually("all deliveries", () => (delivered.length === 4 ? true : undefined));
    await bus.close();
    expect(delivered).toEqual(["twice", "twice", "second", "first"]);
  });

  it("tries again when the target fails, and keeps in a queue, with the reason, what it never takes", async () => {
    const sqs = await startSqs();
    const queue = sqs.createQueue("undelivered-events", {});
    const kept = openUndeliveredEvents(sqs.endpoint, queue);
    let calls = 0;
    const { bus, undelivered } = setUp({
      retries: 3,
      async giveUp(event) {
        await kept.keep(event);
        undelivered.push(event);
      },
      invoke: () => Promise.resolve({ kind: "failed", errorType: "Error", errorMessage: `broken ${++calls}` }),
    });
    bus.put(pushOf("v1"));
    await eventually("a dead letter", () => undelivered.at(0));
    await bus.close();
    const client = new SQSClient({ ...LOCAL_AWS, endpoint: sqs.endpoint, useQueueUrlAsEndpoint: false });
    const command = new ReceiveMessageCommand({ QueueUrl: queue.url, MessageAttributeNames: ["All"] });
    const { Messages: [message] = [] } = await client.send(command);
    expect(JSON.parse(message?.Body ?? "")).toEqual(pushOf("v1"));
    expect(message?.MessageAttributes?.["ERROR_MESSAGE"]?.StringValue).toBe("Error: broken 4");
    client.destroy();
    kept[Symbol.dispose]();
    await sqs.close();
  });
});

describe("a pattern", () => {
  it.each([
    [{ a: "1" }, true],
    [{ a: "2", b: "x" }, true],
    [{ a: "3" }, false],
    [{ b: "1" }, false],
    [{ a: ["1"] }, false],
  ])("of values matches %o: %s", (event, matches) => {
    expect(matchesPattern(event, { a: ["1", "2"] })).toBe(matches);
  });

  it("of a nested field wants all of them", () => {
    const pattern = { detail: { x: ["1"], y: ["2"] } };
    expect(matchesPattern({ detail: { x: "1", y: "2", z: "3" } }, pattern)).toBe(true);
    expect(matchesPattern({ detail: { x: "1" } }, pattern)).toBe(false);
    expect(matchesPattern({ detail: "1" }, pattern)).toBe(false);
  });
});
