import { writeFile } from "node:fs/promises";
import { startLink } from "../../bench/link/link.ts";
import { imageOf, layer } from "../../local/images/image-content.ts";
import type { ImageContent } from "../../local/images/image-content.ts";
import { startStack } from "../../local/stack/stack.ts";
import { NEVER } from "../../src/async/abort.ts";
import { eventually } from "../fixtures/eventually.ts";
import { push } from "../fixtures/images/push.ts";
import { startOtlpReceiver } from "../fixtures/servers/otlp-receiver.ts";
import type { ReceivedSpan } from "../fixtures/servers/otlp-receiver.ts";
import { drawTrace } from "./draw-trace.ts";

// `npm run trace`: the trace of one push through the local stack, as a picture in docs/operate. The functions are warm, and each connection to a
// registry has latency and a limit.

const PICTURE = "docs/operate/trace.svg";
const ROUND_TRIP_MS = 20;
const BYTES_PER_MS = 60_000;
const AMD64 = { os: "linux", architecture: "amd64" };
const BASE = layer("base", 30_000_000);
const own = (name: string, sizes: readonly number[]): ImageContent =>
  imageOf([BASE, ...sizes.map((size, index) => layer(`${name} ${index}`, size))], AMD64);

await using links = new AsyncDisposableStack();
await using receiver = await startOtlpReceiver();
await using stack = await startStack({
  concurrency: 1,
  timeoutSeconds: 60,
  reconcileAfterMs: 3_600_000,
  variables: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
  async addressOf(host) {
    return links.use(await startLink(host, { roundTripMs: ROUND_TRIP_MS, bytesPerMs: BYTES_PER_MS })).host;
  },
});

// The first image warms the functions, and brings the base layer to another repository.
await traceOf("base/node", "24", own("node", [2_000]));
const spans = await traceOf("shop/cart", "v3", own("cart", [9_000_000, 4_200_000, 1_400_000, 260_000, 12_000]));
const [start, end] = [Math.min(...spans.map(({ startMs }) => startMs)), Math.max(...spans.map(({ endMs }) => endMs))];
await writeFile(
  PICTURE,
  drawTrace(spans, {
    title: "The trace of one push: shop/cart:v3",
    subtitle: `${Math.round(end - start)} ms from the event to the receipt; npm start, warm functions, ${ROUND_TRIP_MS} ms to each registry, ${BYTES_PER_MS / 1_000} MB/s a connection`,
  }),
);
process.stdout.write(`${PICTURE}: ${spans.length} spans\n`);

/** Pushes an image and waits for the last span of its trace. */
async function traceOf(repository: string, tag: string, image: ImageContent): Promise<readonly ReceivedSpan[]> {
  await push(stack.source, image, { repository, tag }, NEVER);
  const isOwn = ({ name, attributes }: ReceivedSpan): boolean =>
    name === "copy" && attributes["freightliner.repository"] === repository;
  const { traceId } = await eventually(`the copy of ${repository}`, () => receiver.spans.find(isOwn));
  const trace = (): readonly ReceivedSpan[] => receiver.spans.filter((span) => span.traceId === traceId);
  await eventually("the event", () => trace().find(({ name }) => name === "event"));
  return trace();
}
