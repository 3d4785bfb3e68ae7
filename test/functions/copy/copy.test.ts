import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/copy/handler.ts";
import type { Copies, CopyQueues, Runtime } from "../../../functions/copy/copy-dependencies.ts";
import type { Delivery } from "../../../src/contract/stack/delivery.ts";
import { CIRCUIT } from "../../../src/contract/stack/limits.ts";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { createCircuitBreaker } from "../../../src/replication/destination/circuit-breaker.ts";
import { circuitPolicy } from "../../../src/replication/destination/circuit-policy.ts";
import type { CircuitRecord } from "../../../src/replication/destination/circuit.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { StoreError } from "../../../src/replication/state/record-store.ts";
import type { RecordStore } from "../../../src/replication/state/record-store.ts";
import type { Receipt } from "../../../src/replication/outcome/receipt.ts";
import { TooLargeError } from "../../../src/replication/pacing/time-budget.ts";
import { memoryCopies } from "../../fixtures/memory-copies.ts";
import { createMemoryReceipts } from "../../fakes/memory-receipts.ts";
import { addImage } from "../../fixtures/images/memory-image.ts";
import { replicateFixture } from "../../fixtures/replicate-context.ts";
import { createObserved } from "../observer.ts";

const configuration = parseConfiguration({
  version: 1,
  source: { account: "123456789012", region: "us-east-1" },
  destinations: [{ name: "gar", kind: "generic", plainHttp: true, prefix: "p/r", registry: "127.0.0.1:1" }],
  rules: [{ repositories: ["app"], destinations: ["gar"] }],
});
const request = { version: 1, id: "event-1", destination: "gar", repository: "app", reference: "v1", pushedAt: 0 };
const deliveryOf = (body: unknown): Delivery => ({
  messageId: "m1",
  body: typeof body === "string" ? body : JSON.stringify(body),
  receiptHandle: "r1",
  queueArn: "arn:q",
  receiveCount: 1,
});

function breakerOver(circuits: RecordStore<CircuitRecord>) {
  return createCircuitBreaker({
    store: circuits,
    key: "gar",
    policy: circuitPolicy({ ...CIRCUIT, window: { seconds: 60 } }),
    now: Date.now,
    random: () => 0.5,
  });
}

/** A handler with a closed circuit, enough time, receipts and a working queue; a test overrides only what differs. */
function setUp(otherwise: Partial<Copies & CopyQueues & Runtime> = {}) {
  const fixture = replicateFixture();
  const observer = createObserved();
  const deferred: number[] = [];
  const buried: string[] = [];
  const opened: string[] = [];
  const breaker = breakerOver(createMemoryRecordStore());
  const settings: Copies & CopyQueues & Runtime = {
    now: Date.now,
    memoryMegabytes: 1_769,
    random: () => 0.5,
    timeout: (ms) => AbortSignal.timeout(ms),
    circuit: () => breaker,
    ...memoryCopies(),
    serves: () => true,
    priority: () => "live",
    open: ({ to }) => {
      opened.push(to);
      return fixture;
    },
    defer: (_delivery, afterMs) => Promise.resolve(void deferred.push(afterMs)),
    announce: () => Promise.resolve(),
    sendToDeadLetters: (_delivery, { reason }) => Promise.resolve(void buried.push(reason)),
    ...otherwise,
  };
  const handle = createHandler({ configuration, observer, copies: settings, queue: settings, runtime: settings });
  return { fixture, observer, deferred, buried, opened, handle };
}

describe("the copy handler", () => {
  it("counts the age of a push at each deferral, and not that of a backfill", async () => {
    const circuits = createMemoryRecordStore<CircuitRecord>();
    const until = Date.now() + 600_000;
    await circuits.update("gar", () => ({ next: { state: "open", since: 0, until, trips: 1 }, answer: undefined }));
    const waits = async (priority: "live" | "backfill") => {
      const { handle, observer } = setUp({
        priority: () => priority,
        now: () => 5_000,
        circuit: () => breakerOver(circuits),
      });
      expect(await handle(deliveryOf({ ...request, pushedAt: 2_000 }), 60_000)).toBe("kept");
      return observer.counts.filter(({ metric }) => metric.startsWith("DeferredAge"));
    };
    expect(await waits("live")).toEqual([
      { metric: "DeferredAge", value: 3_000, destination: "gar" },
      { metric: "DeferredAgeByReason", value: 3_000, destination: "gar" },
    ]);
    expect(await waits("backfill")).toEqual([]);
  });

  it("hands a copy that takes too long to the long lane at once, and is done only when the long lane's queue has it", async () => {
    const handed: string[] = [];
    let isAway = true;
    const { fixture, handle, deferred, buried, observer } = setUp({
      sendToLongLane: ({ reference }) =>
        isAway ? Promise.reject(new Error("away")) : Promise.resolve(void handed.push(reference)),
    });
    addImage(fixture.source, ["one"], "v1");
    fixture.target.pushBlob = () => Promise.reject(new TooLargeError("needs an hour"));
    expect(await handle(deliveryOf(request), 60_000)).toBe("kept");
    expect(deferred).toHaveLength(1);
    isAway = false;
    expect(await handle(deliveryOf(request), 60_000)).toBe("done");
    expect(handed).toEqual(["v1"]);
    expect(buried).toEqual([]);
    expect(observer.lines.at(-1)?.fields).toMatchObject({ outcome: "deferred", reason: "long-lane" });
  });

  it("copies to the repository that the configuration names, and is done", async () => {
    const { fixture, handle, opened, observer } = setUp();
    addImage(fixture.source, ["one"], "v1");
    expect(await handle(deliveryOf(request), 60_000)).toBe("done");
    expect(opened).toEqual(["p/r/app"]);
    expect(fixture.target.tags.has("v1")).toBe(true);
    expect(observer.lines.at(-1)?.fields).toMatchObject({
      outcome: "replicated",
      correlationId: "event-1",
      destination: "gar",
      receiveCount: 1,
    });
    expect(observer.counts.find(({ metric }) => metric === "BlobsUploaded")?.value).toBe(2);
    const cost = observer.counts.find(({ metric }) => metric === "EstimatedCost");
    expect(cost).toMatchObject({ destination: "gar" });
    expect(cost?.value).toBeGreaterThan(0);
  });

  it.each<[string, unknown, string]>([
    ["no JSON", "{", "malformed-message"],
    ["an unknown version", { ...request, version: 9 }, "malformed-message"],
    ["a name outside the grammar", { ...request, repository: "../x" }, "malformed-message"],
    ["an unknown destination", { ...request, destination: "moon" }, "unknown-destination"],
  ])("P09: buries a message of %s at once, with its reason, and touches nothing", async (_case, body, reason) => {
    const { handle, buried, opened, deferred } = setUp();
    expect(await handle(deliveryOf(body), 60_000)).toBe("done");
    expect([buried, opened, deferred]).toEqual([[reason], [], []]);
  });

  it("skips a message that no rule selects any more", async () => {
    const { handle, buried, observer } = setUp();
    expect(await handle(deliveryOf({ ...request, repository: "other" }), 60_000)).toBe("done");
    expect(buried).toEqual([]);
    expect(observer.lines.at(-1)?.fields).toMatchObject({ outcome: "skipped", reason: "no-rule" });
  });

  it("keeps a message that is not due yet, and sets when it is", async () => {
    const { fixture, handle, deferred } = setUp();
    addImage(fixture.source, ["one"], "v1");
    fixture.target.before = () => {
      throw new RegistryError(
        {
          side: "target",
          operation: "resolve",
          subject: "p/r",
          category: "deferred",
          status: 429,
          retryAfterMs: 9_000,
        },
        "slow down",
      );
    };
    expect(await handle(deliveryOf(request), 60_000)).toBe("kept");
    expect(deferred[0]).toBeGreaterThanOrEqual(9_000);
  });

  it("keeps a message when too little time is left to start", async () => {
    const { fixture, handle, deferred } = setUp();
    addImage(fixture.source, ["one"], "v1");
    fixture.source.before = () => new Promise((resolve) => setTimeout(resolve, 20));
    expect(await handle(deliveryOf(request), 5_000)).toBe("kept");
    expect(deferred).toEqual([0]);
  });

  it("P13: keeps a message that it could not send to the dead letters, and logs why", async () => {
    const sendToDeadLetters = () => Promise.reject(new Error("dead letters away"));
    const { handle, deferred, observer } = setUp({ sendToDeadLetters });
    expect(await handle(deliveryOf("{"), 60_000)).toBe("kept");
    expect(deferred).toEqual([15_000]);
    expect(JSON.stringify(observer.lines)).toContain("dead letters away");
  });

  it("logs, counts and retries an unexpected error, and gives up after a few deliveries", async () => {
    const crash = (): never => {
      throw new TypeError("not foreseen");
    };
    const { handle, deferred, buried, observer } = setUp({ open: crash });
    for (let receiveCount = 1; receiveCount < 8; receiveCount++) {
      expect(await handle({ ...deliveryOf(request), receiveCount }, 60_000)).toBe("kept");
    }
    expect(deferred).toEqual([15_000, 30_000, 60_000, 120_000, 240_000, 480_000, 900_000]);
    expect(await handle({ ...deliveryOf(request), receiveCount: 8 }, 60_000)).toBe("done");
    expect(buried).toEqual(["crashed"]);
    expect(observer.counts.filter(({ metric }) => metric === "FunctionCrashes")).toHaveLength(8);
    expect(JSON.stringify(observer.lines)).toContain("not foreseen");
  });

  it("buries a message on the queue of another destination without opening a registry", async () => {
    const { handle, buried, opened } = setUp({ serves: (_, destination) => destination === "other" });
    expect(await handle(deliveryOf(request), 60_000)).toBe("done");
    expect([buried, opened]).toEqual([["wrong-queue"], []]);
  });

  it.each([
    ["a message that cannot be read", "{", { id: "m1", outcome: "failed", reason: "malformed-message" }],
    [
      "a destination that is not there",
      { ...request, destination: "gone" },
      { id: "event-1", destination: "gone", outcome: "failed", reason: "unknown-destination" },
    ],
    [
      "a repository that no rule names",
      { ...request, repository: "other" },
      { id: "event-1", repository: "other", outcome: "skipped", reason: "no-rule" },
    ],
  ])("writes a receipt for %s", async (_, body, expected) => {
    const kept = new Map<string, Receipt>();
    const { handle } = setUp({ receipts: createMemoryReceipts(kept) });
    expect(await handle(deliveryOf(body), 60_000)).toBe("done");
    expect([...kept.values()]).toMatchObject([expected]);
  });

  it("P16, P34: keeps a message whose visibility it cannot change any more: the message becomes visible by itself, and is not lost", async () => {
    const { fixture, observer, handle } = setUp({
      defer: () => Promise.reject(new Error("The receipt handle has expired")),
      sendToDeadLetters: () => Promise.reject(new Error("never")),
    });
    addImage(fixture.source, ["one"], "v1");
    fixture.target.before = () => {
      throw new RegistryError({ side: "target", operation: "resolve", subject: "p", category: "deferred" }, "away");
    };
    expect(await handle(deliveryOf(request), 60_000)).toBe("kept");
    expect(observer.lines.at(-1)?.fields).toMatchObject({ messageId: "m1", error: "The receipt handle has expired" });
  });

  it("writes one receipt for each request, with its trace, however often it is delivered", async () => {
    const receipts = new Map<string, Receipt>();
    const { fixture, handle } = setUp({ receipts: createMemoryReceipts(receipts) });
    const digest = addImage(fixture.source, ["one"], "v1");
    for (let delivery = 0; delivery < 3; delivery++) await handle(deliveryOf(request), 60_000);
    expect([...receipts.values()]).toEqual([
      expect.objectContaining({
        id: "event-1",
        reference: "v1",
        outcome: "replicated",
        digest,
        bytesUploaded: expect.any(Number),
      }),
    ]);
    expect([...receipts.values()][0]?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it("does not end a request whose receipt cannot be written", async () => {
    const { fixture, deferred, handle } = setUp({ receipts: { write: () => Promise.reject(new StoreError("away")) } });
    addImage(fixture.source, ["one"], "v1");
    expect(await handle(deliveryOf(request), 60_000)).toBe("kept");
    expect(deferred[0]).toBeGreaterThan(0);
  });

  it("sends no request to a destination whose circuit is open", async () => {
    const circuits = createMemoryRecordStore<CircuitRecord>();
    const breaker = breakerOver(circuits);
    const { fixture, deferred, handle } = setUp({ circuit: () => breaker });
    const until = Date.now() + 30_000;
    await circuits.update("gar", () => ({ next: { state: "open", since: 0, until, trips: 1 }, answer: undefined }));
    expect(await handle(deliveryOf(request), 60_000)).toBe("kept");
    expect(deferred[0]).toBeGreaterThan(29_000);
    expect(fixture.target.calls).toEqual([]);
  });

  it("states in the dead letter what has to change first, and where to look", async () => {
    const burials: object[] = [];
    const { fixture, handle } = setUp({
      sendToDeadLetters: (_delivery, burial) => Promise.resolve(void burials.push(burial)),
    });
    addImage(fixture.source, ["one"], "v1");
    fixture.target.before = ({ operation }) => {
      if (operation !== "put-manifest") return;
      throw new RegistryError(
        { side: "target", operation, subject: "p", category: "permanent", status: 400, code: "TAG_IMMUTABLE" },
        "the tag cannot move",
      );
    };
    expect(await handle(deliveryOf(request), 60_000)).toBe("done");
    expect(burials).toEqual([
      {
        class: "target",
        reason: "target-tag-immutable",
        message: expect.stringContaining("cannot move"),
        record: "gar/project/repository/app:v1",
        correlationId: "event-1",
      },
    ]);
  });
});
