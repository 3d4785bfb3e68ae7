import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/async/system-clock.ts";
import { traceparentOf } from "../../src/contract/telemetry/traceparent.ts";
import { RegistryError } from "../../src/oci/errors/registry-error.ts";
import { failSpan } from "../../src/replication/spans/span.ts";
import { openTracing } from "../../src/tracing/open-tracing.ts";
import { createTracing } from "../../src/tracing/otlp-tracing.ts";
import { EXPORT_LIMIT_MS, PAUSE_MS } from "../../src/tracing/otlp-exporter.ts";
import { createVirtualClock } from "../fixtures/clocks/virtual-clock.ts";
import { startOtlpReceiver } from "../fixtures/servers/otlp-receiver.ts";
import type { OtlpReceiver } from "../fixtures/servers/otlp-receiver.ts";
import { createObserved } from "../functions/observer.ts";

const TRACEPARENT = traceparentOf("e1");
const [, TRACE_ID = "", PARENT_ID = ""] = TRACEPARENT.split("-");

type Variables = Readonly<Record<string, string | undefined>>;
const toReceiver = ({ endpoint }: OtlpReceiver): Variables => ({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });

function tracingOf(variables: Variables, clock = systemClock) {
  const tracing = createTracing({ service: "copy", stack: "images", variables, observer: createObserved() }, clock);
  if (tracing === undefined) throw new Error("no collector");
  return tracing;
}
type Tracing = ReturnType<typeof tracingOf>;

const spanIn = ({ tracer }: Tracing, traceparent = TRACEPARENT) => tracer.within(traceparent)?.start("copy");

describe("the traces of a process", () => {
  it("are spans below the one that a header names, with the attributes and times of the work", async () => {
    await using receiver = await startOtlpReceiver();
    const tracing = tracingOf(toReceiver(receiver));
    const spans = tracing.tracer.within(TRACEPARENT);
    spans?.start("queue wait", {}, 1_700_000_000_000).end();
    const copy = spans?.start("copy", { reference: "v1", left: undefined });
    copy?.inside?.start("blob", { bytes: 7 }).end({ how: "uploaded" });
    copy?.end();
    expect(await tracing.flush()).toBeUndefined();
    const [wait, blob, whole] = receiver.spans;
    expect(wait).toMatchObject({ name: "queue wait", parentSpanId: PARENT_ID, startMs: 1_700_000_000_000 });
    const attributes = { "freightliner.bytes": 7, "freightliner.how": "uploaded" };
    expect(blob).toMatchObject({ name: "blob", traceId: TRACE_ID, parentSpanId: whole?.spanId, attributes });
    expect(whole).toMatchObject({ name: "copy", traceId: TRACE_ID, parentSpanId: PARENT_ID, kind: 5 });
    expect(whole?.attributes).toEqual({ "freightliner.reference": "v1" });
    expect(whole?.resource).toEqual({ "service.name": "freightliner-copy", "service.namespace": "images" });
    // The parent is in another process, and is known to be (trace.proto, SpanFlags); that of the blob is in this one.
    expect([whole?.flags, blob?.flags]).toEqual([0x301, 0x101]);
  });

  it("begin with a span whose ids are those of the header, and with other ids after it", async () => {
    await using receiver = await startOtlpReceiver();
    const tracing = tracingOf(toReceiver(receiver));
    tracing.tracer.root(TRACEPARENT, "event")?.end();
    tracing.tracer.within(TRACEPARENT)?.start("copy").end();
    await tracing.flush();
    expect(receiver.spans[0]).toMatchObject({ name: "event", traceId: TRACE_ID, spanId: PARENT_ID });
    expect(receiver.spans[0]).not.toHaveProperty("parentSpanId");
    expect(receiver.spans[1]).toMatchObject({ traceId: TRACE_ID, parentSpanId: PARENT_ID });
    expect(receiver.spans[1]?.spanId).not.toBe(PARENT_ID);
  });

  it("say what kind of error ended a span, and nothing that a server said", async () => {
    await using receiver = await startOtlpReceiver();
    const tracing = tracingOf(toReceiver(receiver));
    const failure = { side: "target", operation: "put-blob", category: "permanent", subject: "r/app" } as const;
    const refused = new RegistryError({ ...failure, status: 403 }, "SECRET");
    for (const [error, about] of [
      [refused, { reason: "target-denied" }] as const,
      [new TypeError("SECRET"), {}] as const,
    ]) {
      const span = spanIn(tracing);
      if (span !== undefined) failSpan(span, error, about);
    }
    await tracing.flush();
    expect(receiver.spans.map(({ status, attributes }) => [status.code, attributes])).toEqual([
      [
        2,
        {
          "error.type": "RegistryError",
          "http.response.status_code": 403,
          "freightliner.side": "target",
          "freightliner.operation": "put-blob",
          "freightliner.category": "permanent",
          "freightliner.reason": "target-denied",
        },
      ],
      [2, { "error.type": "TypeError" }],
    ]);
    expect(JSON.stringify(receiver.spans)).not.toContain("SECRET");
  });

  it("send the headers that are configured, such as a key", async () => {
    await using receiver = await startOtlpReceiver();
    const tracing = tracingOf({ ...toReceiver(receiver), OTEL_EXPORTER_OTLP_HEADERS: "x-key=one%20two,x-other=3" });
    spanIn(tracing)?.end();
    await tracing.flush();
    expect(receiver.requests[0]).toMatchObject({ "x-key": "one two", "x-other": "3" });
  });

  it("read secret headers at the first export, and again after a failed one: a key may have been replaced", async () => {
    await using receiver = await startOtlpReceiver();
    const clock = createVirtualClock();
    const keys = ["x-key=old", "x-key=new"];
    let reads = 0;
    const readHeaders = () => Promise.resolve(keys[reads++] ?? "");
    const options = { service: "copy", variables: toReceiver(receiver), readHeaders, observer: createObserved() };
    const tracing = createTracing(options, clock);
    if (tracing === undefined) throw new Error("no collector");
    expect(reads).toBe(0);
    for (const mode of ["working", "failing", "working"] as const) {
      receiver.mode = mode;
      spanIn(tracing)?.end();
      await clock.during(tracing.flush());
      await clock.pass(PAUSE_MS);
    }
    expect(receiver.requests.map((headers) => headers["x-key"])).toEqual(["old", "old", "new"]);
    expect(reads).toBe(2);
  });

  it("use the address for traces as it is, and add the path to a general one", async () => {
    await using receiver = await startOtlpReceiver();
    const own = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.endpoint}/v1/traces` };
    const tracing = tracingOf({ ...own, OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" });
    spanIn(tracing)?.end();
    expect(await tracing.flush()).toBeUndefined();
    expect(receiver.spans).toHaveLength(1);
  });
});

describe("the sampling of traces", () => {
  it("follows the header: a trace that its sender did not sample has no spans, nor has one without ids", async () => {
    await using receiver = await startOtlpReceiver();
    const { tracer } = tracingOf(toReceiver(receiver));
    expect(tracer.within(TRACEPARENT.replace(/01$/, "00"))).toBeUndefined();
    expect(tracer.root(TRACEPARENT.replace(/01$/, "00"), "event")).toBeUndefined();
    for (const header of ["", "x", `00-${"0".repeat(32)}-${PARENT_ID}-01`, `ff-${TRACE_ID}-${PARENT_ID}-01`])
      expect(tracer.within(header)).toBeUndefined();
  });

  it("takes a share of the traces, the same ones in each function", async () => {
    await using receiver = await startOtlpReceiver();
    const share = { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25" };
    const [fanOut, copy] = [
      tracingOf({ ...toReceiver(receiver), ...share }),
      tracingOf({ ...toReceiver(receiver), ...share }),
    ];
    for (let index = 0; index < 400; index++) {
      const traceparent = traceparentOf(`event ${index}`);
      fanOut.tracer.root(traceparent, "event")?.end();
      const span = copy.tracer.within(traceparent)?.start("copy");
      span?.inside?.start("resolve").end();
      span?.end();
    }
    await Promise.all([fanOut.flush(), copy.flush()]);
    const idsOf = (name: string) => receiver.spans.filter((span) => span.name === name).map(({ traceId }) => traceId);
    expect(idsOf("event").length).toBeGreaterThan(60);
    expect(idsOf("event").length).toBeLessThan(140);
    expect(idsOf("copy")).toEqual(idsOf("event"));
    expect(idsOf("resolve")).toEqual(idsOf("event"));
  });
});

describe("a collector that is away", () => {
  const away: readonly [string, OtlpReceiver["mode"] | undefined, RegExp][] = [
    ["never answers", "silent", /no answer in 1 s/],
    ["answers 500", "failing", /it answered 500/],
    ["refuses connections", undefined, /fetch failed/],
  ];

  it.each(away)(
    "%s: costs a second at most, loses its spans, says so once, and is asked again a minute later",
    async (_how, mode, why) => {
      await using receiver = await startOtlpReceiver(mode);
      if (mode === undefined) await receiver[Symbol.asyncDispose]();
      const clock = createVirtualClock();
      const tracing = tracingOf(toReceiver(receiver), clock);
      const kept = spanIn(tracing);
      spanIn(tracing)?.end();
      const began = clock.passed();
      const lost = await clock.during(tracing.flush());
      expect(String(lost)).toMatch(/^SpansLostError: the collector at 127\.0\.0\.1:\d+ took no spans$/);
      expect(String(lost?.cause)).toMatch(why);
      expect(clock.passed() - began).toBeLessThanOrEqual(EXPORT_LIMIT_MS + 100);
      expect(JSON.stringify([String(lost), String(lost?.cause)])).not.toContain("SECRET");

      // For a minute nothing is measured or sent: the work costs what it costs without a collector.
      const asked = receiver.requests.length;
      expect(tracing.tracer.within(TRACEPARENT)).toBeUndefined();
      expect(tracing.tracer.root(TRACEPARENT, "event")).toBeUndefined();
      kept?.end();
      expect(await tracing.flush()).toBeUndefined();
      expect(receiver.requests).toHaveLength(asked);

      await clock.pass(PAUSE_MS);
      expect(tracing.tracer.within(TRACEPARENT)).toBeDefined();
    },
  );

  it("gets the spans again when it works again", async () => {
    await using receiver = await startOtlpReceiver("failing");
    const clock = createVirtualClock();
    const tracing = tracingOf(toReceiver(receiver), clock);
    spanIn(tracing)?.end();
    await clock.during(tracing.flush());
    receiver.mode = "working";
    await clock.pass(PAUSE_MS);
    spanIn(tracing)?.end();
    expect(await clock.during(tracing.flush())).toBeUndefined();
    expect(receiver.spans).toHaveLength(1);
  });

  it("gets the spans over a new connection when it has closed the one that was idle", async () => {
    await using receiver = await startOtlpReceiver("closing");
    const tracing = tracingOf(toReceiver(receiver));
    spanIn(tracing)?.end();
    expect(await tracing.flush()).toBeUndefined();
    expect(receiver.requests).toHaveLength(2);
    expect(receiver.spans).toHaveLength(1);
  });

  it("does not fill the memory: a bounded number of spans waits", async () => {
    await using receiver = await startOtlpReceiver();
    const tracing = tracingOf(toReceiver(receiver));
    const copy = spanIn(tracing);
    for (let index = 0; index < 5_000; index++) copy?.inside?.start("blob").end();
    await tracing.flush();
    // A request of 512 spans is sent as soon as it is full, and 2,048 wait.
    expect(receiver.spans.length).toBe(512 + 2_048);
  });
});

describe("the environment of a process", () => {
  const open = async (variables: Variables) => {
    const observer = createObserved();
    const tracing = await openTracing({ service: "copy", variables, observer });
    return { isOpen: tracing !== undefined, lines: observer.lines };
  };
  const some = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };

  it("has traces only if it names a collector, and does not switch them off", async () => {
    expect(await open(some)).toEqual({ isOpen: true, lines: [] });
    const off: readonly Variables[] = [
      {},
      { OTEL_EXPORTER_OTLP_ENDPOINT: "" },
      { ...some, OTEL_SDK_DISABLED: "true" },
      { ...some, OTEL_TRACES_EXPORTER: "none" },
      { ...some, OTEL_TRACES_SAMPLER: "always_off" },
      { ...some, OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" },
    ];
    for (const variables of off) expect(await open(variables)).toEqual({ isOpen: false, lines: [] });
  });

  it("has no traces of its own under a layer that traces the function", async () => {
    expect(await open({ ...some, AWS_LAMBDA_EXEC_WRAPPER: "/opt/otel-instrument" })).toEqual({
      isOpen: false,
      lines: [],
    });
  });

  it("with a wrong variable has no traces, and says which one is wrong; the function runs", async () => {
    const { isOpen, lines } = await open({ ...some, OTEL_TRACES_SAMPLER_ARG: "often" });
    expect(isOpen).toBe(false);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.fields["error"]).toContain("OTEL_TRACES_SAMPLER_ARG");
    expect((await open({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317" })).lines[0]?.fields["error"]).toContain(
      "ENDPOINT",
    );
    expect((await open({ ...some, OTEL_TRACES_SAMPLER: "jaeger_remote" })).lines[0]?.fields["error"]).toContain(
      "SAMPLER",
    );
  });
});
