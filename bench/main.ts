import { cpus, totalmem } from "node:os";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { request } from "undici";
import { pushImage } from "../local/images/push-image.ts";
import { measure } from "./measure.ts";
import type { Cost } from "./measure.ts";
import { startLatency, startRegistryProcess } from "./processes.ts";
import { median, pairedRatio } from "./statistics.ts";
import { formatTable } from "./table.ts";
import { findPeers, OURS } from "./tools.ts";
import type { Tool } from "./tools.ts";
import { createWorkloads } from "./workloads.ts";
import type { Workload } from "./workloads.ts";

// `npm run bench`: this project beside the peers that are installed, in alternating runs, each into an empty target.

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    only: { type: "string" },
  },
});
const LINKS_MS = [0, 30];
const README = new URL("./README.md", import.meta.url);

interface Run extends Cost {
  readonly sourceRequests: number;
  readonly targetRequests: number;
}

/** One tool, one workload, one link, an empty target; checked before it counts. */
async function runOnce(
  tool: Tool,
  workload: Workload,
  source: Awaited<ReturnType<typeof startRegistryProcess>>,
  roundTripMs: number,
): Promise<Run> {
  await using target = await startRegistryProcess();
  await using near = await startLatency(source.host, roundTripMs, workload.sourceCap);
  await using far = await startLatency(target.host, roundTripMs);
  const [from, to] = roundTripMs === 0 ? [source.host, target.host] : [near.host, far.host];
  if (workload.isWarm === true) await pushAll(workload, target.host, "bench/copy");
  const before = { source: source.requests(), target: target.requests() };
  const tags = [...workload.images.keys()];
  const cost = await measure(tool.commands(`${from}/bench/${workload.name}`, `${to}/bench/copy`, tags));
  // The access log comes through a pipe, a little after the answer.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const run = {
    ...cost,
    sourceRequests: source.requests() - before.source,
    targetRequests: target.requests() - before.target,
  };
  await verify(target.host, workload);
  return run;
}

async function pushAll({ images }: Workload, registry: string, repository: string): Promise<void> {
  for (const [tag, image] of images) {
    await pushImage(image, { registry, repository, tag }, AbortSignal.timeout(300_000));
  }
}

/** A copy that is wrong is no result. */
async function verify(host: string, workload: Workload): Promise<void> {
  for (const [tag, image] of workload.images) {
    const { mediaType, digest } = image.root.descriptor;
    const answer = await request(`http://${host}/v2/bench/copy/manifests/${tag}`, {
      method: "HEAD",
      headers: { accept: mediaType },
    });
    await answer.body.dump();
    const found = answer.headers["docker-content-digest"];
    if (found !== digest) throw new Error(`${tag} is ${String(found)} at the target, not ${digest}`);
  }
}

async function runWorkload(workload: Workload, tools: readonly Tool[], rounds: number): Promise<string[][]> {
  await using source = await startRegistryProcess();
  await pushAll(workload, source.host, `bench/${workload.name}`);
  const rows: string[][] = [];
  for (const roundTripMs of LINKS_MS) {
    const runs = new Map<Tool, Run[]>(tools.map((tool) => [tool, []]));
    for (let round = 0; round < rounds; round++) {
      for (const tool of tools) {
        runs.get(tool)?.push(await runOnce(tool, workload, source, roundTripMs));
        process.stderr.write(".");
      }
    }
    const ours = (runs.get(OURS) ?? []).map(({ wallMs }) => wallMs);
    for (const [tool, results] of runs) rows.push(toRow(workload, roundTripMs, { tool, results, ours }));
  }
  return rows;
}

function toRow(
  workload: Workload,
  roundTripMs: number,
  { tool, results, ours }: { tool: Tool; results: readonly Run[]; ours: readonly number[] },
): string[] {
  const middle = (of: (run: Run) => number): number => median(results.map(of));
  const ratio =
    tool === OURS
      ? "-"
      : pairedRatio(
          ours,
          results.map(({ wallMs }) => wallMs),
        ).toFixed(2);
  return [
    workload.name,
    roundTripMs === 0 ? "loopback" : `${roundTripMs} ms`,
    tool.name,
    `${(middle(({ wallMs }) => wallMs) / 1_000).toFixed(2)} s`,
    ratio,
    `${(middle(({ cpuMs }) => cpuMs) / 1_000).toFixed(2)} s`,
    `${(middle(({ memoryBytes }) => memoryBytes) / 1_048_576).toFixed(0)} MiB`,
    String(middle(({ sourceRequests }) => sourceRequests)),
    String(middle(({ targetRequests }) => targetRequests)),
  ];
}

const HEAD = [
  "workload",
  "link",
  "tool",
  "wall",
  "ours / theirs",
  "CPU",
  "memory",
  "requests at source",
  "requests at target",
];
const peers = findPeers();
const tools = [OURS, ...peers.present];
const rounds = values.quick ? 1 : Number(values.rounds);
const workloads = createWorkloads(values.quick).filter(
  ({ name }) => values.only === undefined || values.only.split(",").includes(name),
);
const rows: string[][] = [HEAD];
for (const workload of workloads) rows.push(...(await runWorkload(workload, tools, rounds)));
process.stderr.write("\n");

const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`;
const notes = [
  `${new Date().toISOString().slice(0, 10)}, ${machine}; medians of ${rounds} alternating rounds${values.quick ? ", small sizes" : ""}.`,
  `Beside: ${peers.versions.join(", ") || "nothing"}. Not on the PATH: ${peers.absent.join(", ") || "none"}.`,
  ...workloads.map(({ name, what }) => `${name}: ${what}.`),
];
const text = `${formatTable(rows)}\n\n${notes.join("\n")}\n`;
process.stdout.write(text);
if (values.write) {
  const readme = readFileSync(README, "utf8");
  writeFileSync(
    README,
    readme.replace(
      /(<!-- results -->\n)[\s\S]*(<!-- end -->)/,
      (_all, start: string, end: string) => `${start}\n${text}\n${end}`,
    ),
  );
}
