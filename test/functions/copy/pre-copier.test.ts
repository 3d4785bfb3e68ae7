import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/copy/handler.ts";
import type { Copies, CopyQueues, Runtime } from "../../../functions/copy/copy-dependencies.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { systemClock } from "../../../src/async/system-clock.ts";
import { CIRCUIT } from "../../../src/contract/stack/limits.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { createCircuitBreaker } from "../../../src/replication/destination/circuit-breaker.ts";
import { circuitPolicy } from "../../../src/replication/destination/circuit-policy.ts";
import type { CircuitRecord } from "../../../src/replication/destination/circuit.ts";
import type { Receipt } from "../../../src/replication/outcome/receipt.ts";
import type { PreCopyBudget } from "../../../src/replication/pre-copy/pre-copy-budget.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { addImage, addIndex } from "../../fixtures/images/memory-image.ts";
import { memoryCopies } from "../../fixtures/memory-copies.ts";
import { NO_FACTS } from "../../fixtures/fact-source.ts";
import { overridesOf } from "../../../src/replication/rules/repository-overrides.ts";
import { documentOf, withoutBudget } from "../../fixtures/configuration.ts";
import { replicateFixture } from "../../fixtures/replicate-context.ts";
import { unavailableStore } from "../../fixtures/unavailable-store.ts";
import { createObserved } from "../observer.ts";

const NOW = 1_000_000_000;
const configuration = withoutBudget(
  "none",
  documentOf(
    { repositories: ["app"], destinations: ["gar", "none"] },
    { repositories: ["other"], tags: ["v*"], destinations: ["gar"] },
  ),
);

/** A handler on memory, and how its messages end. */
function setUp(otherwise: Partial<Copies & CopyQueues & Runtime> = {}) {
  const fixture = replicateFixture({ clock: { ...systemClock, now: () => NOW } });
  const observer = createObserved();
  const circuits = createMemoryRecordStore<CircuitRecord>();
  const budgets = createMemoryRecordStore<PreCopyBudget>();
  const receipts = new Map<string, Receipt>();
  const ends: string[] = [];
  const breaker = createCircuitBreaker({
    store: circuits,
    key: "gar",
    policy: circuitPolicy({ ...CIRCUIT, window: { seconds: 60 } }),
    now: () => NOW,
    random: () => 0.5,
  });
  const settings: Copies & CopyQueues & Runtime = {
    now: () => NOW,
    random: () => 0.5,
    memoryMegabytes: 1_769,
    timeout: (ms) => AbortSignal.timeout(ms),
    circuit: () => breaker,
    ...memoryCopies(receipts),
    preCopyBudgets: budgets,
    serves: (_, destination) => destination !== "elsewhere",
    priority: () => "backfill",
    open: () => fixture,
    defer: () => Promise.resolve(void ends.push("deferred")),
    announce: () => Promise.resolve(),
    sendToDeadLetters: () => Promise.resolve(void ends.push("dead letter")),
    ...otherwise,
  };
  const handle = createHandler({ configuration, observer, copies: settings, queue: settings, runtime: settings });
  const digest = addImage(fixture.source, ["one", "two"]);
  const about = { version: 1, id: "event-1", destination: "gar", repository: "app", pushedAt: NOW - 1_000 };
  const send = async (message: object) => {
    const body = JSON.stringify({ ...about, ...message });
    return handle({ messageId: "m1", body, receiptHandle: "r1", queueArn: "arn:q", receiveCount: 1 }, 60_000);
  };
  return { fixture, observer, circuits, budgets, receipts, ends, digest, send };
}

function fails(): never {
  throw new Error("unexpected");
}

const dropped = (observer: ReturnType<typeof createObserved>): unknown => observer.lines.at(-1)?.fields["dropped"];

describe("a message that requests a pre-copy", () => {
  it("is done when the blobs are copied, is counted, and leaves no receipt", async () => {
    const { send, digest, fixture, observer, receipts, ends, budgets } = setUp();
    expect(await send({ kind: "blobs", digest })).toBe("done");
    expect(fixture.target.blobs.size).toBe(3);
    expect(observer.lines).toMatchObject([
      { level: "info", message: "Pre-copy ended", fields: { digest, blobs: 3, bytesPreCopied: 18, bytesSent: 18 } },
    ]);
    expect(observer.counts.map(({ metric }) => metric)).toEqual(["BytesPreCopied", "EstimatedCost"]);
    expect([...receipts.keys(), ...ends]).toEqual([]);
    expect(await budgets.read(fixture.scope)).toMatchObject({ sent: 18, used: 0 });
  });

  it("is paid for by the tag that uses its bytes: they are counted, and given back to the budget", async () => {
    const { send, digest, fixture, observer, receipts, budgets } = setUp();
    await send({ kind: "blobs", digest });
    addIndex(fixture.source, [digest], "v1");
    expect(await send({ reference: "v1" })).toBe("done");
    expect(observer.counts).toContainEqual({ metric: "BytesPreCopiedUsed", value: 18, destination: "gar" });
    expect(await budgets.read(fixture.scope)).toMatchObject({ sent: 18, used: 18 });
    expect([...receipts.values()]).toMatchObject([{ outcome: "replicated", bytesUploaded: 0, bytesPreCopied: 18 }]);
  });

  it.each<[string, object, string]>([
    ["it comes too late to save time", { pushedAt: NOW - 60_001 }, "late"],
    ["its destination is not in the configuration", { destination: "gone" }, "no-rule"],
    ["it is on the queue of another destination", { destination: "elsewhere" }, "no-rule"],
    ["no rule names its repository", { repository: "unknown" }, "no-rule"],
    ["the rule of its repository allows no pre-copy", { repository: "other" }, "no-rule"],
    ["its destination has no budget for it", { destination: "none" }, "over-budget"],
    ["the source no longer has the manifest", { digest: `sha256:${"a".repeat(64)}` }, "source-gone"],
  ])("is done without a request to the target when %s", async (_case, message, reason) => {
    const { send, digest, fixture, observer, ends } = setUp();
    expect(await send({ kind: "blobs", digest, ...message })).toBe("done");
    expect(fixture.target.calls).toEqual([]);
    expect(dropped(observer)).toBe(reason);
    expect(observer.counts.map(({ metric }) => metric)).toContain("PreCopiesDropped");
    expect(ends).toEqual([]);
  });

  it("is done without a request to the target when the tags of the repository forbid its replication", async () => {
    const overrides = () => Promise.resolve(overridesOf(new Map([["freightliner:replicate", "off"]])));
    const { send, digest, fixture, observer } = setUp({ factSource: { ...NO_FACTS, overrides } });
    expect(await send({ kind: "blobs", digest })).toBe("done");
    expect(fixture.target.calls).toEqual([]);
    expect(dropped(observer)).toBe("no-rule");
  });

  it.each<[string, CircuitRecord]>([
    ["open", { state: "open", since: 0, until: NOW + 1_000, trips: 1 }],
    ["open, and may be tried", { state: "open", since: 0, until: 0, trips: 1 }],
    ["half-open", { state: "half-open", since: 0, trips: 1, permits: [], successes: 0 }],
  ])("is dropped while the circuit is %s, and does not change it", async (_case, record) => {
    const { send, digest, fixture, observer, circuits } = setUp();
    await circuits.update("gar", () => ({ next: record, answer: undefined }));
    expect(await send({ kind: "blobs", digest })).toBe("done");
    expect(fixture.target.calls).toEqual([]);
    expect(dropped(observer)).toBe("circuit-open");
    expect(await circuits.read("gar", NEVER)).toEqual(record);
  });

  it("reports no failure of the target to the circuit", async () => {
    const { send, fixture, observer, circuits } = setUp();
    fixture.target.pushBlob = () => Promise.reject(new Error("broken"));
    for (let push = 0; push < 30; push++) {
      await send({ kind: "blobs", digest: addImage(fixture.source, [`layer ${push}`]) });
    }
    expect(dropped(observer)).toBe("failed");
    expect(await circuits.read("gar")).toBeUndefined();
  });

  it.each<[string, Partial<Copies>]>([
    ["the budget cannot be read", { preCopyBudgets: unavailableStore() }],
    ["the code fails unexpectedly", { open: fails }],
  ])("is done when %s", async (_case, otherwise) => {
    const { send, digest, observer, ends } = setUp(otherwise);
    expect(await send({ kind: "blobs", digest })).toBe("done");
    expect(dropped(observer)).toBe("failed");
    expect(ends).toEqual([]);
  });

  it("with a manifest that is no manifest is done", async () => {
    const { send, fixture, observer } = setUp();
    const digest = fixture.source.addManifest({ schemaVersion: 7 }, MediaType.ociManifest);
    expect(await send({ kind: "blobs", digest })).toBe("done");
    expect(dropped(observer)).toBe("failed");
  });
});
