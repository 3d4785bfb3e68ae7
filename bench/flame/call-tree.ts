import { z } from "zod";

/** A function with all that it called, from a CPU profile. */
export interface CallNode {
  readonly name: string;
  /** File of the function; empty for V8's own work. */
  readonly file: string;
  /** Time of this function and of all that it called, in microseconds. */
  readonly totalUs: number;
  readonly children: readonly CallNode[];
}

/** A `.cpuprofile`: Chrome DevTools Protocol, "Profiler.Profile". */
const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
      children: z.array(z.number()).default([]),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});
type Profile = z.infer<typeof profileSchema>;
type ProfileNode = Profile["nodes"][number];

/** Time without work: not part of the tree. */
const IDLE = new Set(["(idle)"]);

/**
 * The calls of a profile, as one tree. Calls of one function by the same caller are one node.
 * @throws {z.ZodError} when it is no CPU profile.
 */
export function parseCallTree(json: string): CallNode {
  const { nodes, samples, timeDeltas } = profileSchema.parse(JSON.parse(json));
  const own = new Map<number, number>();
  for (const [index, id] of samples.entries()) own.set(id, (own.get(id) ?? 0) + (timeDeltas[index] ?? 0));
  const byId = new Map(nodes.map((node) => [node.id, node]));

  function childrenOf(parents: readonly ProfileNode[]): CallNode[] {
    const ids = parents.flatMap(({ children }) => children);
    const called = ids.map((id) => byId.get(id)).filter((node) => node !== undefined);
    const groups = Map.groupBy(called, ({ callFrame: { functionName, url, lineNumber } }) =>
      [functionName, url, lineNumber].join("\n"),
    );
    return [...groups.values()].flatMap(merge).toSorted((a, b) => b.totalUs - a.totalUs);
  }

  function merge(group: readonly ProfileNode[]): CallNode[] {
    const [first] = group;
    if (first === undefined || IDLE.has(first.callFrame.functionName)) return [];
    const children = childrenOf(group);
    const ownUs = group.reduce((sum, { id }) => sum + (own.get(id) ?? 0), 0);
    const totalUs = children.reduce((sum, child) => sum + child.totalUs, ownUs);
    return [
      { name: first.callFrame.functionName || "(anonymous)", file: fileOf(first.callFrame.url), totalUs, children },
    ];
  }

  const children = childrenOf(nodes.slice(0, 1));
  return { name: "all", file: "", totalUs: children.reduce((sum, child) => sum + child.totalUs, 0), children };
}

/** The path from the package or the project on: a picture says nothing of the machine it was made on. */
function fileOf(url: string): string {
  const path =
    /\/node_modules\/(.+)$/.exec(url)?.[1] ?? /\/((?:src|functions|bench|cli|local|dist)\/.+)$/.exec(url)?.[1];
  return path ?? (url.startsWith("node:") ? url : "");
}
