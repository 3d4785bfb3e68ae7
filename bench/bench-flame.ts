import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseCallTree } from "./flame/call-tree.ts";
import { drawFlameGraph } from "./flame/flame-graph.ts";
import { createFilledStore, runCopy } from "./run-copy.ts";
import type { Tool } from "./tools/tool.ts";
import { createWorkloads } from "./workloads.ts";
import type { Workload } from "./workloads.ts";

const PICTURES = fileURLToPath(new URL("../docs/work/flames/", import.meta.url));
const COPY_TAGS = fileURLToPath(new URL("./tools/copy-tags.ts", import.meta.url));
const WORKLOADS = ["big", "tiny"];

/** Draws where the CPU time of the copy function's code goes, one flame graph for each workload, on loopback without TLS. */
export async function benchFlame({ isQuick }: { readonly isQuick: boolean }): Promise<void> {
  await mkdir(PICTURES, { recursive: true });
  for (const workload of createWorkloads(isQuick).filter(({ name }) => WORKLOADS.includes(name))) {
    const path = join(PICTURES, `${workload.name}.svg`);
    await writeFile(path, await pictureOf(workload));
    process.stdout.write(`${path}\n`);
  }
}

async function pictureOf(workload: Workload): Promise<string> {
  await using filled = await createFilledStore(workload);
  const folder = await mkdtemp(join(tmpdir(), "freightliner-flame-"));
  await using _ = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
  await runCopy(profiled(folder), workload, filled.path, { roundTripMs: 0, authority: undefined, proxy: undefined });
  const [profile = ""] = await readdir(folder);
  const tree = parseCallTree(await readFile(join(folder, profile), "utf8"));
  return drawFlameGraph(tree, {
    title: `${workload.name}: ${workload.what}`,
    subtitle: `${(tree.totalUs / 1_000_000).toFixed(2)} s of the main thread, without idle time and with the start of the process; Node ${process.version}`,
  });
}

const profiled = (folder: string): Tool => ({
  name: "copy function's code, with a profile",
  kind: "ours",
  takes: () => true,
  commands: ({ from, to, images }) => [
    [process.execPath, "--cpu-prof", "--cpu-prof-dir", folder, COPY_TAGS, from, to, ...images.keys()],
  ],
});
