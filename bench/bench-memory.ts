import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { imageOf, layer } from "../local/images/image-content.ts";
import type { ImageContent } from "../local/images/image-content.ts";
import { runningDollars } from "../src/contract/stack/prices.ts";
import { createAuthority } from "./authority.ts";
import { createCpuShare } from "./cpu-share.ts";
import { createFilledStore, runCopy } from "./run-copy.ts";
import { createStore } from "./registry-process.ts";
import { median } from "./statistics.ts";
import { formatTable } from "./table.ts";
import type { Workload } from "./workloads.ts";

/** Lambda gives one CPU at 1,769 MB, and otherwise in proportion (Lambda developer guide, "Configure Lambda function memory"). */
const MEGABYTES_OF_ONE_CPU = 1_769;
const MEMORIES = [512, 1_024, 1_769, 3_008];
const ROUND_TRIP_MS = 30;
const TIMED_COPIES = fileURLToPath(new URL("./tools/timed-copies.ts", import.meta.url));
const AMD64 = { os: "linux", architecture: "amd64" };
const SMALL_TAGS = 20;
const BIG_BYTES = 6 * 64_000_000;

interface MemoryOptions {
  readonly rounds: number;
  readonly proxy: string | undefined;
}

/** Measures what the copies of a GB and of a small tag cost with each memory size of the copy function, over TLS at 30 ms. */
export async function benchMemory({ rounds, proxy }: MemoryOptions): Promise<void> {
  using authority = await createAuthority();
  const workloads = [bigImage(), smallTags()];
  const times = new Map<string, number[]>();
  for (const workload of workloads) {
    await using filled = await createFilledStore(workload);
    for (let round = 0; round < rounds; round++) {
      for (const megabytes of MEMORIES) {
        const ms = await timeOf(workload, filled.path, {
          megabytes,
          common: { roundTripMs: ROUND_TRIP_MS, authority, proxy },
        });
        const key = keyOf(workload, megabytes);
        times.set(key, [...(times.get(key) ?? []), ms]);
        process.stderr.write(".");
      }
    }
  }
  process.stderr.write("\n");
  const head = [
    "memory",
    "CPU",
    "GB/min",
    "GB-s per GB",
    "$ per TB",
    "s per small tag",
    "GB-s per small tag",
    "$ per million",
  ];
  const rows = MEMORIES.map((megabytes) => {
    const [big = Number.NaN, small = Number.NaN] = workloads.map((workload) =>
      median(times.get(keyOf(workload, megabytes)) ?? []),
    );
    return rowOf(megabytes, { perGigabyte: big / 1_000 / (BIG_BYTES / 1e9), perTag: small / 1_000 / SMALL_TAGS });
  });
  process.stdout.write(`${formatTable([head, ...rows])}\n`);
}

const keyOf = ({ name }: Workload, megabytes: number): string => `${name} ${megabytes}`;

/** @param seconds per gigabyte copied, and per small tag */
function rowOf(megabytes: number, seconds: { readonly perGigabyte: number; readonly perTag: number }): string[] {
  const share = megabytes / MEGABYTES_OF_ONE_CPU;
  const gigabytes = megabytes / 1_024;
  return [
    `${megabytes} MB`,
    share.toFixed(2),
    (60 / seconds.perGigabyte).toFixed(1),
    (seconds.perGigabyte * gigabytes).toFixed(1),
    (runningDollars(seconds.perGigabyte, megabytes) * 1_000).toFixed(2),
    seconds.perTag.toFixed(2),
    (seconds.perTag * gigabytes).toFixed(2),
    (runningDollars(seconds.perTag, megabytes) * 1e6).toFixed(2),
  ];
}

interface Circumstances {
  readonly megabytes: number;
  readonly common: Parameters<typeof runCopy>[3];
}

/** Milliseconds of the copies of all tags but the first, within the share of the CPU that a memory size has. */
async function timeOf(workload: Workload, filled: string, { megabytes, common }: Circumstances): Promise<number> {
  await using share = await createCpuShare(megabytes / MEGABYTES_OF_ONE_CPU);
  await using folder = await createStore();
  const file = join(folder.path, "milliseconds");
  const tool = {
    name: `${megabytes} MB`,
    kind: "ours",
    takes: () => true,
    commands: ({ from, to, images }) => [
      share.commandOf([process.execPath, TIMED_COPIES, file, from, to, ...images.keys()]),
    ],
  } as const satisfies Parameters<typeof runCopy>[0];
  await runCopy(tool, workload, filled, common);
  return Number(await readFile(file, "utf8"));
}

const image = (seed: string, layers: number, bytes: number): ImageContent =>
  imageOf(
    Array.from({ length: layers }, (_, index) => layer(`${seed}-${index}`, bytes)),
    AMD64,
  );

const bigImage = (): Workload => ({
  name: "memory-big",
  what: "one image, 6 layers of 64 MB",
  images: new Map([
    ["first", image("first", 1, 10_000)],
    ["big", image("big", 6, 64_000_000)],
  ]),
});

const smallTags = (): Workload => ({
  name: "memory-small",
  what: `${SMALL_TAGS} tags with one layer of 10 KB`,
  images: new Map(
    Array.from({ length: SMALL_TAGS + 1 }, (_, index) => [`v${index}`, image(`small-${index}`, 1, 10_000)] as const),
  ),
});
