import { describe, expect, it } from "vitest";
import { createHandler as createCopyHandler } from "../../functions/copy/handler.ts";
import type { Copies, CopyQueues, Runtime } from "../../functions/copy/copy-dependencies.ts";
import { createHandler as createFanOutHandler } from "../../functions/fan-out/handler.ts";
import { traceEvents } from "../../functions/fan-out/trace-events.ts";
import { ecrPushEvent } from "../../local/events/ecr-events.ts";
import { NEVER } from "../../src/async/abort.ts";
import { correlationOf } from "../../src/aws/chain/correlation.ts";
import { traceAttribute } from "../../src/aws/sqs/trace-attribute.ts";
import type { Delivery } from "../../src/contract/stack/delivery.ts";
import { CIRCUIT } from "../../src/contract/stack/limits.ts";
import { traceparentOf } from "../../src/contract/telemetry/traceparent.ts";
import { RegistryError } from "../../src/oci/errors/registry-error.ts";
import { createCircuitBreaker } from "../../src/replication/destination/circuit-breaker.ts";
import { circuitPolicy } from "../../src/replication/destination/circuit-policy.ts";
import type { Receipt } from "../../src/replication/outcome/receipt.ts";
import { createMemoryRecordStore } from "../../src/replication/state/memory-record-store.ts";
import { SpansLostError } from "../../src/tracing/otlp-exporter.ts";
import { createTracing } from "../../src/tracing/otlp-tracing.ts";
import { createMemoryPending } from "../fakes/memory-pending.ts";
import { createMemoryReceipts } from "../fakes/memory-receipts.ts";
import { configurationOf } from "../fixtures/configuration.ts";
import { addImage, addIndex } from "../fixtures/images/memory-image.ts";
import { memoryCopies } from "../fixtures/memory-copies.ts";
import { replicateFixture } from "../fixtures/replicate-context.ts";
import { startOtlpReceiver } from "../fixtures/servers/otlp-receiver.ts";
import type { OtlpReceiver, ReceivedSpan } from "../fixtures/servers/otlp-receiver.ts";
import { createObserved } from "./observer.ts";

const configuration = configurationOf({ repositories: ["app"], destinations: ["one", "two"] });
const EVENT = "7f6a1c2e-9b1d-4c3f-8a2b-0123456789ab";
const ACCOUNT = "123456789012";

/** Both functions on memory, whose traces go to a receiver. */
function functionsOf(receiver: OtlpReceiver, otherwise: Partial<Copies & CopyQueues & Runtime> = {}) {
  const fixture = replicateFixture();
  const observer = createObserved();
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
  const tracing = createTracing({ service: "test", variables, observer });
  if (tracing === undefined) throw new Error("no collector");
  const { tracer } = tracing;
  const bodies: string[] = [];
  const receipts = new Map<string, Receipt>();
  const fanOut = createFanOutHandler({
    configuration,
    observer,
    send: (requests) => Promise.resolve(void bodies.push(...requests.map((request) => JSON.stringify(request)))),
    sendPreCopies: () => Promise.resolve(),
    pushes: createMemoryPending(),
    receipts: createMemoryReceipts(new Map()),
    deletions: createMemoryRecordStore(),
    now: Date.now,
  });
  const breaker = createCircuitBreaker({
    store: createMemoryRecordStore(),
    key: "one",
    policy: circuitPolicy({ ...CIRCUIT, window: { seconds: 60 } }),
    now: Date.now,
    random: () => 0.5,
  });
  const settings: Copies & CopyQueues & Runtime = {
    now: Date.now,
    random: () => 0.5,
    memoryMegabytes: 1_769,
    timeout: (ms) => AbortSignal.timeout(ms),
    circuit: () => breaker,
    ...memoryCopies(receipts),
    serves: () => true,
    priority: () => "live",
    open: () => fixture,
    defer: () => Promise.resolve(),
    announce: () => Promise.resolve(),
    sendToDeadLetters: () => Promise.resolve(),
    ...otherwise,
  };
  const copy = createCopyHandler({
    configuration,
    observer,
    tracer,
    copies: settings,
    queue: settings,
    runtime: settings,
  });
  const event = ecrPushEvent(
    { repository: "app", digest: `sha256:${"a".repeat(64)}`, mediaType: "application/json", tag: "v1" },
    { id: EVENT, account: ACCOUNT, region: "us-east-1", at: new Date() },
  );
  return {
    fixture,
    receipts,
    bodies,
    push: () => traceEvents(fanOut, tracer, correlationOf)(event, "invocation", NEVER),
    copy: (body: string, about: Partial<Delivery> = {}) => copy(deliveryOf(body, about), 60_000),
    flush: () => tracing.flush(),
  };
}

/** A delivery as SQS makes it of a message that the fan-out function has sent. */
function deliveryOf(body: string, about: Partial<Delivery>): Delivery {
  const traceparent = traceAttribute(body).MessageAttributes?.["traceparent"]?.StringValue;
  const sent = { messageId: "m1", receiptHandle: "r1", queueArn: "arn:q", receiveCount: 1, sentAt: Date.now() - 50 };
  return { body, traceparent, ...sent, ...about };
}

const copyRequest = (about: object = {}): string =>
  JSON.stringify({
    version: 1,
    id: EVENT,
    destination: "one",
    repository: "app",
    reference: "v1",
    pushedAt: 0,
    ...about,
  });

/** The spans as an indented tree of names, in the order of the names. */
function treeOf(spans: readonly ReceivedSpan[], parent?: string, indent = ""): string[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .map(({ name, spanId }) => [indent + name, ...treeOf(spans, spanId, `${indent}  `)])
    .toSorted((one, other) => (one.join() < other.join() ? -1 : 1))
    .flat();
}

const named = ({ spans }: OtlpReceiver, name: string) => spans.filter((span) => span.name === name);

describe("the trace of a push", () => {
  it("begins with its event, and has the wait and the copy at each destination below it", async () => {
    await using receiver = await startOtlpReceiver();
    const { fixture, push, copy, bodies, flush, receipts } = functionsOf(receiver);
    addImage(fixture.source, ["one", "two"], "v1");
    expect(await push()).toMatchObject({ outcome: "requested", requests: 2 });
    for (const body of bodies) expect(await copy(body)).toBe("done");
    await flush();
    expect(treeOf(receiver.spans)).toEqual([
      "event",
      "  copy",
      "    blob",
      "    blob",
      "    blob",
      "    publish",
      "    read",
      "    record",
      "    resolve",
      "  copy",
      "    record",
      "    resolve",
      "  queue wait",
      "  queue wait",
    ]);
    // The trace in the messages, the receipts and the collector is one.
    const [, traceId, rootId] = traceparentOf(EVENT).split("-");
    expect(new Set(receiver.spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    expect(named(receiver, "event")).toMatchObject([{ spanId: rootId }]);
    expect([...receipts.values()].map(({ traceparent }) => traceparent.split("-")[1])).toContain(traceId);
  });

  it("says of each blob what it was and how it came, and of the copy how it ended", async () => {
    await using receiver = await startOtlpReceiver();
    const { fixture, copy, flush } = functionsOf(receiver);
    const digest = addImage(fixture.source, ["one"], "v1");
    await copy(copyRequest(), { messageId: "m7" });
    await flush();
    const [blob] = named(receiver, "blob").filter(({ attributes }) => attributes["freightliner.bytes"] === 3);
    expect(blob?.attributes).toEqual({
      "freightliner.digest": expect.stringMatching(/^sha256:/),
      "freightliner.bytes": 3,
      "freightliner.media_type": "application/vnd.oci.image.layer.v1.tar",
      "freightliner.how": "uploaded",
    });
    const subject = { "freightliner.reference": "v1" };
    expect(named(receiver, "publish")[0]?.attributes).toEqual({ ...subject, "freightliner.digest": digest });
    expect(named(receiver, "copy")[0]?.attributes).toMatchObject({
      ...subject,
      "freightliner.destination": "one",
      "freightliner.repository": "app",
      "freightliner.message_id": "m7",
      "freightliner.delivery": 1,
      "freightliner.outcome": "replicated",
      "freightliner.digest": digest,
    });
    const [wait, whole] = [named(receiver, "queue wait")[0], named(receiver, "copy")[0]];
    expect((wait?.endMs ?? 0) - (wait?.startMs ?? 0)).toBeGreaterThanOrEqual(49);
    expect(whole?.startMs).toBeGreaterThanOrEqual(wait?.endMs ?? Infinity);
  });

  it("has the manifests of an index, and its signature as a companion with spans of its own", async () => {
    await using receiver = await startOtlpReceiver();
    const { fixture, copy, flush } = functionsOf(receiver);
    const children = ["amd64", "arm64"].map((layer) => addImage(fixture.source, [layer]));
    const index = addIndex(fixture.source, children, "v1");
    addImage(fixture.source, ["signature"], index.replace("sha256:", "sha256-").concat(".sig"));
    await copy(copyRequest());
    await flush();
    const tree = treeOf(receiver.spans, named(receiver, "copy")[0]?.spanId);
    expect(tree).toContain("manifests");
    expect(tree.slice(tree.indexOf("companion"), tree.indexOf("companion") + 6)).toEqual([
      "companion",
      "  blob",
      "  blob",
      "  publish",
      "  read",
      "  resolve",
    ]);
  });

  it("shows which blob failed and why a delivery was deferred, without what the registry said", async () => {
    await using receiver = await startOtlpReceiver();
    const { fixture, copy, flush } = functionsOf(receiver);
    addImage(fixture.source, ["one"], "v1");
    const failure = {
      side: "target",
      operation: "put-blob",
      category: "transient",
      subject: "r/app",
      status: 502,
    } as const;
    fixture.target.pushBlob = () => Promise.reject(new RegistryError(failure, "SECRET"));
    expect(await copy(copyRequest())).toBe("kept");
    await flush();
    const why = { "error.type": "RegistryError", "freightliner.side": "target", "http.response.status_code": 502 };
    expect(named(receiver, "blob")[0]).toMatchObject({ status: { code: 2 }, attributes: why });
    const ended = { "freightliner.outcome": "deferred", "freightliner.reason": "unavailable" };
    expect(named(receiver, "copy")[0]).toMatchObject({ status: { code: 2 }, attributes: { ...why, ...ended } });
    expect(named(receiver, "record")).toEqual([]);
    expect(JSON.stringify(receiver.spans)).not.toContain("SECRET");
  });

  it("has one wait in the queue: a later delivery was deferred, and says which one it is", async () => {
    await using receiver = await startOtlpReceiver();
    const { fixture, copy, flush } = functionsOf(receiver);
    addImage(fixture.source, ["one"], "v1");
    await copy(copyRequest(), { receiveCount: 3 });
    await flush();
    expect(named(receiver, "queue wait")).toEqual([]);
    expect(named(receiver, "copy")[0]?.attributes["freightliner.delivery"]).toBe(3);
  });

  it("is that of the request's id where a message has no header, and none where its sender did not sample it", async () => {
    await using receiver = await startOtlpReceiver();
    const { copy, flush } = functionsOf(receiver);
    await copy(copyRequest(), { traceparent: undefined });
    await copy(copyRequest({ id: "e2" }), { traceparent: traceparentOf("e2").replace(/01$/, "00") });
    await copy("no request");
    await flush();
    expect(named(receiver, "copy").map(({ traceId }) => traceId)).toEqual([traceparentOf(EVENT).split("-")[1]]);
  });

  it("has the pre-copy of a manifest's blobs, too", async () => {
    await using receiver = await startOtlpReceiver();
    const { fixture, copy, flush } = functionsOf(receiver);
    const digest = addImage(fixture.source, ["one", "two"]);
    const { reference: _, ...about } = JSON.parse(copyRequest({ kind: "blobs", digest, pushedAt: Date.now() }));
    expect(await copy(JSON.stringify(about))).toBe("done");
    await flush();
    const [whole] = named(receiver, "pre-copy");
    expect(whole?.attributes).toMatchObject({ "freightliner.digest": digest, "freightliner.blobs": 3 });
    expect(treeOf(receiver.spans, whole?.spanId)).toEqual(["blob", "blob", "blob"]);
  });

  it.each(["silent", "failing"] as const)(
    "matters less than the copy: with a %s collector a push arrives as without one",
    async (mode) => {
      await using receiver = await startOtlpReceiver(mode);
      const { fixture, push, copy, bodies, receipts, flush } = functionsOf(receiver);
      addImage(fixture.source, ["one"], "v1");
      await push();
      for (const body of bodies) expect(await copy(body)).toBe("done");
      expect([...receipts.values()].map(({ outcome }) => outcome)).toEqual(["replicated"]);
      expect(fixture.target.tags.has("v1")).toBe(true);
      expect(await flush()).toBeInstanceOf(SpansLostError);
    },
  );
});
