import { setTimeout as sleep } from "node:timers/promises";
import { imageOf, indexOf, layer } from "../local/images/image-content.ts";
import type { ImageContent } from "../local/images/image-content.ts";
import { pushImage } from "../local/images/push-image.ts";
import type { RegistryEvent } from "../local/registry/protocol/registry-event.ts";
import { basicAuthorization } from "../local/access/basic-authorization.ts";
import { startStack } from "../local/stack/stack.ts";
import type { Stack } from "../local/stack/stack.ts";
import { startLink } from "./link/link.ts";
import type { BenchOptions } from "./options.ts";
import { percentile } from "./statistics.ts";
import { formatTable } from "./table.ts";

const ROUND_TRIP_MS = 30;
/** A push that is not visible after this time is a failure. */
const TIMEOUT_MS = 60_000;
const REPOSITORY = "bench/visible";
const PLATFORMS = ["amd64", "arm64", "ppc64le", "s390x", "riscv64", "386"];

interface PushKind {
  readonly name: string;
  readonly image: (seed: string) => ImageContent;
  /** Part of all pushes that are of this kind. */
  readonly share: number;
}

/**
 * Measures, through the stack on this machine, the time from the moment the source has stored a tag to the moment the target has. Both
 * registries and the source's bucket have a round trip of 30 ms, for the functions and for the client that pushes.
 */
export async function benchVisible({ pushes, isQuick }: BenchOptions, proxy: string | undefined): Promise<void> {
  await using links = new AsyncDisposableStack();
  const seen = createSightings();
  await using stack = await startStack({
    concurrency: 4,
    timeoutSeconds: 120,
    addressOf: async (host) => links.use(await startLink(host, { roundTripMs: ROUND_TRIP_MS, program: proxy })).host,
    onSource: seen.at("source"),
    onTarget: seen.at("target"),
  });
  // The functions' first start is not what is measured.
  await pushAndWait(stack, seen, { image: ONE_LAYER("first"), tag: "first" });
  const rows = [];
  for (const { name, image, share } of kindsOf(isQuick)) {
    const times: number[] = [];
    for (let n = 0; n < Math.ceil(pushes * share); n++) {
      times.push(await pushAndWait(stack, seen, { image: image(`${name}-${n}`), tag: `${tagOf(name)}-${n}` }));
      process.stderr.write(".");
    }
    rows.push([name, String(times.length), ...[50, 99, 100].map((rank) => `${percentile(times, rank).toFixed(0)} ms`)]);
  }
  process.stderr.write("\n");
  const head = ["push-to-visible at 30 ms", "pushes", "p50", "p99", "longest"];
  process.stdout.write(`${formatTable([head, ...rows])}\n`);
}

const AMD64 = { os: "linux", architecture: "amd64" };
const ONE_LAYER = (seed: string): ImageContent => imageOf([layer(seed, 10_000)], AMD64);

/** The index has fewer pushes: each is 120 MB. */
function kindsOf(isQuick: boolean): readonly PushKind[] {
  const bytes = isQuick ? 200_000 : 20_000_000;
  const ofPlatforms = (seed: string): ImageContent =>
    indexOf(
      PLATFORMS.map((architecture) =>
        imageOf([layer(`${seed}-${architecture}`, bytes)], { os: "linux", architecture }),
      ),
    );
  return [
    { name: "one layer of 10 KB", image: ONE_LAYER, share: 1 },
    { name: `index of 6 platforms of ${bytes / 1_000_000} MB`, image: ofPlatforms, share: 0.1 },
  ];
}

const tagOf = (name: string): string => name.replaceAll(/\W+/g, "-");

interface Sightings {
  /** Notes the time of each tag that a side stores. */
  readonly at: (side: "source" | "target") => (event: RegistryEvent) => void;
  /** Milliseconds from the source to the target; undefined as long as the target does not have the tag. */
  readonly between: (tag: string) => number | undefined;
}

function createSightings(): Sightings {
  const times = { source: new Map<string, number>(), target: new Map<string, number>() };
  return {
    at: (side) => (event) => {
      if (event.kind !== "manifest-stored" || event.tag === undefined) return;
      times[side].set(event.tag, performance.now());
    },
    between(tag) {
      const [from, to] = [times.source.get(tag), times.target.get(tag)];
      return from === undefined || to === undefined ? undefined : to - from;
    },
  };
}

interface Push {
  readonly image: ImageContent;
  readonly tag: string;
}

async function pushAndWait({ source }: Stack, seen: Sightings, { image, tag }: Push): Promise<number> {
  const place = { registry: source.registry, repository: REPOSITORY, tag, authorization: basicAuthorization(source) };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  await pushImage(image, place, signal);
  for (;;) {
    const time = seen.between(tag);
    if (time !== undefined) return time;
    await sleep(10, undefined, { signal });
  }
}
