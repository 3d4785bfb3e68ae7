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
  /** What is pushed, one after another: the last one under the tag, the others by their digests. */
  readonly parts: (seed: string) => readonly ImageContent[];
  /** The time from the first part to the last, in milliseconds. */
  readonly overMs: number;
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
  await pushAndWait(stack, seen, { parts: [ONE_LAYER("first")], overMs: 0, tag: "first" });
  const rows = [];
  for (const { name, parts, overMs, share } of kindsOf(isQuick)) {
    const times: number[] = [];
    for (let n = 0; n < Math.ceil(pushes * share); n++) {
      const push = { parts: parts(`${name}-${n}`), overMs, tag: `${tagOf(name)}-${n}` };
      times.push(await pushAndWait(stack, seen, push));
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

/** The index has fewer pushes: each is 120 MB. Its platforms are pushed when they are built, as buildx does. */
function kindsOf(isQuick: boolean): readonly PushKind[] {
  const bytes = isQuick ? 200_000 : 20_000_000;
  const buildMs = isQuick ? 3_000 : 10_000;
  const platforms = (seed: string): ImageContent[] =>
    PLATFORMS.map((architecture) => imageOf([layer(`${seed}-${architecture}`, bytes)], { os: "linux", architecture }));
  const built = (seed: string): ImageContent[] => {
    const children = platforms(seed);
    const { root } = indexOf(children);
    return [...children, { root, manifests: [root], blobs: [] }];
  };
  const ofPlatforms = `index of 6 platforms of ${bytes / 1_000_000} MB`;
  return [
    { name: "one layer of 10 KB", parts: (seed) => [ONE_LAYER(seed)], overMs: 0, share: 1 },
    { name: `${ofPlatforms}, at once`, parts: (seed) => [indexOf(platforms(seed))], overMs: 0, share: 0.1 },
    { name: `${ofPlatforms}, built in ${buildMs / 1_000} s`, parts: built, overMs: buildMs, share: 0.1 },
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
  readonly parts: readonly ImageContent[];
  readonly overMs: number;
  readonly tag: string;
}

async function pushAndWait({ source }: Stack, seen: Sightings, { parts, overMs, tag }: Push): Promise<number> {
  const place = { registry: source.registry, repository: REPOSITORY, authorization: basicAuthorization(source) };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const begun = performance.now();
  const last = parts.length - 1;
  for (const [index, part] of parts.entries()) {
    const dueMs = begun + (overMs * index) / Math.max(last, 1) - performance.now();
    if (dueMs > 0) await sleep(dueMs, undefined, { signal });
    await pushImage(part, index === last ? { ...place, tag } : place, signal);
  }
  for (;;) {
    const time = seen.between(tag);
    if (time !== undefined) return time;
    await sleep(10, undefined, { signal });
  }
}
