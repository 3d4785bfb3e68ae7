import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Message } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { ecrPushEvent } from "../../../local/events/ecr-events.ts";
import type { BusEvent } from "../../../local/events/ecr-events.ts";
import { createEventBus } from "../../../local/events/event-bus.ts";
import type { EventBusOptions, UndeliveredEvent } from "../../../local/events/event-bus.ts";
import { matchesPattern } from "../../../local/events/event-pattern.ts";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { startSqs } from "../../../local/emulators/sqs.ts";
import { openUndeliveredEvents } from "../../../local/events/undelivered-events.ts";
import { createAsynchronousInvocation } from "../../../local/lambda/asynchronous-invocation.ts";
import type { FailureRecord } from "../../../local/lambda/asynchronous-invocation.ts";
import type { InvocationResult } from "../../../local/lambda/execution-environment.ts";
import { PUSH_PATTERN } from "../../../src/contract/stack/push-pattern.ts";
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
    target(event) {
      delivered.push(event.detail["image-tag"]);
      return { kind: "accepted" };
    },
    giveUp: (event) => Promise.resolve(void undelivered.push(event)),
    firstPauseMs: 1,
    ...options,
  });
  return { bus, delivered, undelivered };
}

const ARN = "arn:aws:lambda:eu-central-1:123456789012:function:fan-out";

/** A queue of undelivered events, and the one message that arrives there. */
async function keeper() {
  const sqs = await startSqs();
  const queue = sqs.createQueue("undelivered-events", {});
  const events = openUndeliveredEvents(sqs.endpoint, queue);
  const client = new SQSClient({ ...LOCAL_AWS, endpoint: sqs.endpoint, useQueueUrlAsEndpoint: false });
  return {
    events,
    message: () =>
      eventually("a message", async () => {
        const command = new ReceiveMessageCommand({ QueueUrl: queue.url, MessageAttributeNames: ["All"] });
        return (await client.send(command)).Messages?.[0];
      }),
    async [Symbol.asyncDispose]() {
      client.destroy();
      events[Symbol.dispose]();
      await sqs.close();
    },
  };
}

const attributesOf = ({ MessageAttributes = {} }: Message) =>
  Object.fromEntries(Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]));

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

  it("tries again while Lambda is busy, and keeps in the rule's dead-letter queue, with the reason, what it never accepts", async () => {
    await using kept = await keeper();
    let calls = 0;
    const { bus } = setUp({
      retries: 3,
      giveUp: kept.events.keepEvent,
      target: () => ({ kind: "refused", code: "THROTTLING", problem: `busy ${++calls}` }),
    });
    bus.put(pushOf("v1"));
    const message = await kept.message();
    await bus.close();
    expect(JSON.parse(message.Body ?? "")).toEqual(pushOf("v1"));
    expect(attributesOf(message)).toEqual({
      ERROR_CODE: "THROTTLING",
      ERROR_MESSAGE: "busy 4",
      RETRY_ATTEMPTS: "3",
      EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts",
    });
  });

  it("does not try a function again that is gone", async () => {
    await using kept = await keeper();
    const fanOut = createAsynchronousInvocation({
      functionArn: ARN,
      invoke: () => Promise.reject(new Error("invoked")),
      pausesMs: [],
      onFailure: kept.events.keepFailure,
    });
    await fanOut.close();
    const { bus } = setUp({ giveUp: kept.events.keepEvent, target: fanOut.accept });
    bus.put(pushOf("v1"));
    const message = await kept.message();
    await bus.close();
    expect(attributesOf(message)).toEqual({
      ERROR_CODE: "NO_RESOURCE",
      ERROR_MESSAGE: "the function was removed",
      RETRY_ATTEMPTS: "0",
    });
  });
});

describe("a function that the bus invokes", () => {
  const failing = (errorMessage: string) => ({ kind: "failed", errorType: "Error", errorMessage }) as const;

  it("is invoked twice more by Lambda when it fails, and then its destination gets the record, the rule's queue nothing", async () => {
    await using kept = await keeper();
    let calls = 0;
    const fanOut = createAsynchronousInvocation({
      functionArn: ARN,
      invoke: () => Promise.resolve(failing(`broken ${++calls}`)),
      pausesMs: [1, 1],
      onFailure: kept.events.keepFailure,
    });
    const { bus, undelivered } = setUp({ target: fanOut.accept });
    bus.put(pushOf("v1"));
    const message = await kept.message();
    await bus.close();
    await fanOut.close();
    expect(undelivered).toEqual([]);
    expect(message.MessageAttributes).toBeUndefined();
    expect(JSON.parse(message.Body ?? "")).toEqual({
      version: "1.0",
      timestamp: expect.any(String),
      requestContext: {
        requestId: expect.any(String),
        functionArn: `${ARN}:$LATEST`,
        condition: "RetriesExhausted",
        approximateInvokeCount: 3,
      },
      requestPayload: pushOf("v1"),
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
      responsePayload: { errorType: "Error", errorMessage: "broken 3" },
    });
  });

  it("that works at a retry leaves no record", async () => {
    const records: FailureRecord[] = [];
    const ends: InvocationResult[] = [failing("once"), { kind: "timed-out" }, { kind: "returned", value: undefined }];
    const done = Promise.withResolvers<void>();
    const fanOut = createAsynchronousInvocation({
      functionArn: ARN,
      invoke() {
        const end = ends.shift() ?? failing("invoked too often");
        if (ends.length === 0) done.resolve();
        return Promise.resolve(end);
      },
      pausesMs: [1, 1],
      onFailure: (record) => Promise.resolve(void records.push(record)),
    });
    expect(fanOut.accept(pushOf("v1"))).toEqual({ kind: "accepted" });
    await done.promise;
    await fanOut.close();
    expect([records, ends]).toEqual([[], []]);
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
