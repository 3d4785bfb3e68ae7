import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { WORK_BUDGETS } from "../../bench/work-budgets.ts";
import { imageOf, indexOf, layer } from "../../local/images/image-content.ts";
import type { ImageContent } from "../../local/images/image-content.ts";
import { pushImage } from "../../local/images/push-image.ts";
import { NEVER } from "../../src/async/abort.ts";
import { scratchRegistry } from "../fixtures/servers/scratch-registry.ts";
import { workSchema } from "./work.ts";

const MEASURE = fileURLToPath(new URL("./measure-work.ts", import.meta.url));
/** More than is allocated: nothing is collected in between. */
const YOUNG_GENERATION = ["--min-semi-space-size=256", "--max-semi-space-size=256"];

interface PerTag {
  readonly requests: { readonly source: number; readonly target: number };
  readonly calls: number;
  readonly heapKilobytes: number;
}

interface Workload {
  readonly name: keyof typeof WORK_BUDGETS;
  readonly image: (seed: string) => ImageContent;
  readonly isThere: boolean;
  /** Tags that are copied first, and tags whose work is counted. */
  readonly tags: { readonly uncounted: number; readonly counted: number };
}

/** What one tag takes, on average. With `isThere`, the target has all tags before. */
async function measure({ image, isThere, tags: { uncounted, counted } }: Workload): Promise<PerTag> {
  await using source = await scratchRegistry();
  await using target = await scratchRegistry();
  const tags = Array.from({ length: uncounted + counted }, (_, index) => `v${index}`);
  for (const tag of tags) {
    const content = image(tag);
    await pushImage(content, { registry: source.host, repository: "team/app", tag }, NEVER);
    if (isThere) await pushImage(content, { registry: target.host, repository: "copy/app", tag }, NEVER);
  }
  const from = [source.events.length, target.events.length] as const;
  const args = [`${source.host}/team/app`, `${target.host}/copy/app`, String(uncounted), ...tags];
  const { stdout } = await promisify(execFile)(process.execPath, [...YOUNG_GENERATION, MEASURE, ...args]);
  const { calls, heapBytes } = workSchema.parse(JSON.parse(stdout));
  const requests = ({ events }: typeof source, start: number) =>
    events.slice(start).filter(({ kind }) => kind === "request").length / tags.length;
  return {
    requests: { source: requests(source, from[0]), target: requests(target, from[1]) },
    calls: calls / counted,
    heapKilobytes: heapBytes / counted / 1_000,
  };
}

const linux = (architecture: string) => ({ os: "linux", architecture });
const layersOf = (seed: string, count: number, size: number) =>
  Array.from({ length: count }, (_, index) => layer(`${seed}-${index}`, size));

const tiny = (seed: string) => imageOf(layersOf(seed, 1, 10_000), linux("amd64"));
const multi = (seed: string) =>
  indexOf(
    ["amd64", "arm64", "arm", "ppc64le", "riscv64", "s390x"].map((architecture) =>
      imageOf(layersOf(`${seed}-${architecture}`, 5, 1_000), linux(architecture)),
    ),
  );

const WORKLOADS: readonly Workload[] = [
  { name: "tiny", image: tiny, isThere: false, tags: { uncounted: 8, counted: 16 } },
  { name: "warm", image: tiny, isThere: true, tags: { uncounted: 8, counted: 16 } },
  { name: "multi", image: multi, isThere: false, tags: { uncounted: 2, counted: 4 } },
];

describe("the work of a tag", () => {
  it.each(WORKLOADS)("is within its budget, and the budget is not far too large: $name", async (workload) => {
    const budget = WORK_BUDGETS[workload.name];
    const { requests, calls, heapKilobytes } = await measure(workload);
    expect(requests).toEqual(budget.requests);
    expect(calls).toBeLessThanOrEqual(budget.calls);
    expect(calls).toBeGreaterThan(budget.calls * 0.8);
    expect(heapKilobytes).toBeLessThanOrEqual(budget.heapKilobytes);
    expect(heapKilobytes).toBeGreaterThan(budget.heapKilobytes * 0.8);
  });
});
