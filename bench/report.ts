import type { Run } from "./run-copy.ts";
import { median, pairedRatio } from "./statistics.ts";
import type { Tool } from "./tools/tool.ts";

/** The runs of all tools with one workload over one link, in rounds: run n of each tool is of round n. */
export interface Series {
  readonly workload: string;
  /** `http, 30 ms` */
  readonly link: string;
  readonly runs: ReadonlyMap<Tool, readonly Run[]>;
}

export const DETAIL_HEAD = [
  "workload",
  "link",
  "tool",
  "wall",
  "ours / theirs",
  "CPU",
  "CPU of proxies",
  "CPU of registries",
  "memory",
  "requests at source",
  "requests at target",
] as const;

export const SUMMARY_HEAD = [
  "workload",
  "link",
  "ours",
  "best peer",
  "wall",
  "ours / best",
  "CPU ours",
  "CPU of the best",
] as const;

/** A row for each tool. `ours` is the tool that the ratios are of. */
export function detailRows({ workload, link, runs }: Series, ours: Tool): string[][] {
  const reference = wallOf(runs.get(ours) ?? []);
  return [...runs].map(([tool, each]) => {
    const middle = (of: (run: Run) => number): number => median(each.map(of));
    return [
      workload,
      link,
      tool.name,
      seconds(middle(({ wallMs }) => wallMs)),
      tool === ours ? "-" : pairedRatio(reference, wallOf(each)).toFixed(2),
      seconds(middle(({ cpuMs }) => cpuMs)),
      seconds(middle(({ proxyCpuMs }) => proxyCpuMs)),
      seconds(middle(({ registryCpuMs }) => registryCpuMs)),
      `${(middle(({ memoryBytes }) => memoryBytes) / 1_048_576).toFixed(0)} MiB`,
      middle(({ sourceRequests }) => sourceRequests).toFixed(0),
      middle(({ targetRequests }) => targetRequests).toFixed(0),
    ];
  });
}

/** Our tool beside the peer with the shortest median; undefined when no peer took part. */
export function summaryRow({ workload, link, runs }: Series, ours: Tool): string[] | undefined {
  const own = runs.get(ours) ?? [];
  const peers = [...runs].filter(([{ kind }, each]) => kind === "peer" && each.length > 0);
  const [best] = peers.toSorted(([, a], [, b]) => median(wallOf(a)) - median(wallOf(b)));
  if (best === undefined || own.length === 0) return undefined;
  const [tool, each] = best;
  return [
    workload,
    link,
    seconds(median(wallOf(own))),
    tool.name,
    seconds(median(wallOf(each))),
    pairedRatio(wallOf(own), wallOf(each)).toFixed(2),
    seconds(median(own.map(({ cpuMs }) => cpuMs))),
    seconds(median(each.map(({ cpuMs }) => cpuMs))),
  ];
}

const wallOf = (runs: readonly Run[]): number[] => runs.map(({ wallMs }) => wallMs);
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
