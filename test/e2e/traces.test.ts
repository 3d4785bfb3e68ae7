import { expect, it } from "vitest";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { startStack } from "../../local/stack/stack.ts";
import { eventually } from "../fixtures/eventually.ts";
import { push } from "../fixtures/images/push.ts";
import { startOtlpReceiver } from "../fixtures/servers/otlp-receiver.ts";

it("one push is one trace: both functions send its spans to the collector that their environment names", async () => {
  await using receiver = await startOtlpReceiver();
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
  await using stack = await startStack({ concurrency: 2, timeoutSeconds: 60, reconcileAfterMs: 3_600_000, variables });
  const image = imageOf([layer("one", 50_000), layer("two", 20_000)], { os: "linux", architecture: "amd64" });
  await push(stack.source, image, { repository: "team/app", tag: "v1" }, AbortSignal.timeout(600_000));
  const event = await eventually("the event", () => receiver.spans.find(({ name }) => name === "event"));
  const copy = await eventually("the copy", () => receiver.spans.find(({ name }) => name === "copy"));
  const below = (parent: string): string[] =>
    receiver.spans.filter(({ parentSpanId }) => parentSpanId === parent).map(({ name }) => name);
  expect(below(event.spanId).toSorted()).toEqual(["copy", "queue wait"]);
  expect(below(copy.spanId).toSorted()).toEqual(["blob", "blob", "blob", "publish", "read", "record", "resolve"]);
  expect(new Set(receiver.spans.map(({ traceId }) => traceId))).toEqual(new Set([event.traceId]));
  expect(copy.attributes).toMatchObject({ "freightliner.outcome": "replicated", "freightliner.reference": "v1" });
  const services = new Map(receiver.spans.map(({ name, resource }) => [name, resource["service.name"]]));
  expect([services.get("event"), services.get("copy")]).toEqual(["freightliner-fan-out", "freightliner-copy"]);
});
