import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { createAuthority } from "./authority.ts";
import type { BenchOptions } from "./options.ts";
import { DETAIL_HEAD, detailRows, SUMMARY_HEAD, summaryRow } from "./report.ts";
import type { Series } from "./report.ts";
import { createFilledStore, runCopy } from "./run-copy.ts";
import type { Circumstances, Run } from "./run-copy.ts";
import { median } from "./statistics.ts";
import { formatTable } from "./table.ts";
import { OUR_FUNCTION, OURS, OURS_FROM_CHECKOUT } from "./tools/ours.ts";
import { findPeers } from "./tools/peers.ts";
import type { FoundPeers } from "./tools/peers.ts";
import type { Tool } from "./tools/tool.ts";
import { WIRE } from "./tools/wire.ts";
import { createWorkloads } from "./workloads.ts";
import type { Workload } from "./workloads.ts";

const README = new URL("./README.md", import.meta.url);
/** A tool this many times slower than ours runs in the first round only. */
const SLOW = 4;

/** Every workload over every link with every tool; prints the tables, and puts them into the README if told to. */
export async function benchCopies(options: BenchOptions, proxy: string | undefined): Promise<void> {
  const peers = findPeers();
  for (const absent of peers.absent) process.stderr.write(`Going on without ${absent}\n`);
  const tools = [OURS, OURS_FROM_CHECKOUT, OUR_FUNCTION, ...peers.tools, WIRE];
  const all = createWorkloads(options.isQuick);
  const workloads = all.filter(({ name }) => options.only?.includes(name) ?? true);
  using authority = await createAuthority();
  const series: Series[] = [];
  for (const workload of workloads) {
    await using filled = await createFilledStore(workload);
    for (const transport of options.transports) {
      for (const roundTripMs of options.linksMs) {
        const common = { roundTripMs, authority: transport === "tls" ? authority : undefined, proxy };
        const runs = await runRounds(workload, tools, options.rounds, { filled: filled.path, common });
        const link = `${transport}, ${roundTripMs === 0 ? "loopback" : `${roundTripMs} ms`}`;
        series.push({ workload: workload.name, link, runs });
      }
    }
  }
  process.stderr.write("\n");
  const text = textOf(series, notesOf(options, { workloads, peers, proxy }));
  process.stdout.write(text);
  if (options.write) writeResults(text);
}

interface Place {
  /** Folder of the source's store. */
  readonly filled: string;
  readonly common: Circumstances;
}

async function runRounds(
  workload: Workload,
  tools: readonly Tool[],
  rounds: number,
  { filled, common }: Place,
): Promise<ReadonlyMap<Tool, readonly Run[]>> {
  const taking = tools.filter((tool) => tool.takes(workload.name, workload.images.size));
  const runs = new Map<Tool, Run[]>(taking.map((tool) => [tool, []]));
  const slow = new Set<Tool>();
  for (let round = 0; round < rounds; round++) {
    for (const [tool, each] of runs) {
      if (slow.has(tool)) continue;
      each.push(await runCopy(tool, workload, filled, common));
      process.stderr.write(".");
      if (wallOf(each) > SLOW * wallOf(runs.get(OURS) ?? [])) slow.add(tool);
    }
  }
  return runs;
}

const wallOf = (runs: readonly Run[]): number => median(runs.map(({ wallMs }) => wallMs));

function textOf(series: readonly Series[], notes: readonly string[]): string {
  const rows = series.map((each) => summaryRow(each, OURS)).filter((row) => row !== undefined);
  const tables = [
    ...(rows.length === 0 ? [] : [formatTable([SUMMARY_HEAD, ...rows])]),
    formatTable([DETAIL_HEAD, ...series.flatMap((each) => detailRows(each, OURS))]),
  ];
  return `${tables.join("\n\n")}\n\n${notes.join("\n")}\n`;
}

interface Subject {
  readonly workloads: readonly Workload[];
  readonly peers: FoundPeers;
  readonly proxy: string | undefined;
}

function notesOf({ rounds, isQuick }: BenchOptions, { workloads, peers, proxy }: Subject): string[] {
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`;
  return [
    `${new Date().toISOString().slice(0, 10)}, ${machine}; medians of ${rounds} alternating rounds${isQuick ? ", small sizes" : ""}.`,
    `Beside: ${peers.versions.join(", ") || "nothing"}. Absent: ${peers.absent.join(", ") || "none"}.`,
    ...(proxy === undefined ? ["Without Go: the latency proxy is the one in Node."] : []),
    ...workloads.map(({ name, what }) => `${name}: ${what}.`),
  ];
}

function writeResults(text: string): void {
  const readme = readFileSync(README, "utf8");
  const replaced = readme.replace(
    /(<!-- results -->\n)[\s\S]*(<!-- end -->)/,
    (_all, start: string, end: string) => `${start}\n${text}\n${end}`,
  );
  writeFileSync(README, replaced);
}
