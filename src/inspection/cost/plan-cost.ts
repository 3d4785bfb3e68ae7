import * as z from "zod";
import type { Configuration } from "../../contract/configuration/configuration.ts";
import type { DestinationSummary } from "../plan/plan-summary.ts";
import { ASSUMED_BYTES_PER_SECOND, copying } from "./cost-model.ts";
import { comparePaths } from "./paths.ts";
import type { NetworkPath } from "./paths.ts";

/** What carrying out a plan takes at one destination, besides bytes and requests. */
export const PlanCost = z.object({
  seconds: z.number(),
  /** Egress by each path, the one in use first. */
  paths: z.array(z.object({ path: z.string(), dollars: z.number(), saves: z.number(), source: z.string() })),
  /** What the stack's own copies would cost beside it. */
  stack: z.array(z.object({ name: z.string(), dollars: z.number() })),
  dollars: z.number(),
});
export type PlanCost = z.infer<typeof PlanCost>;

/** The least time, and the price: of the bytes by each path, and of the stack's work if it did the same. */
export function costOf(
  { totals }: Pick<DestinationSummary, "totals">,
  {
    source,
    requestsPerSecond,
    path,
  }: {
    readonly source: Configuration["source"];
    readonly requestsPerSecond: number;
    readonly path: NetworkPath["name"];
  },
): PlanCost {
  const { copies, bytes, blobs, requests } = totals;
  const paths = comparePaths(bytes, source.region, path);
  const limit = paths[0]?.path.bytesPerSecond ?? Number.POSITIVE_INFINITY;
  const seconds = Math.max(bytes / Math.min(ASSUMED_BYTES_PER_SECOND, limit), requests.target / requestsPerSecond);
  const stack = copying({ copies, bytes, blobs }).map(({ name, dollars }) => ({ name, dollars }));
  return {
    seconds,
    paths: paths.map(({ path: { name, source: from }, dollars, saves }) => ({
      path: name,
      dollars,
      saves,
      source: from,
    })),
    stack,
    dollars: (paths[0]?.dollars ?? 0) + stack.reduce((sum, { dollars }) => sum + dollars, 0),
  };
}

/** True when carrying out the plan would change something. */
export function hasChanges({ totals }: Pick<DestinationSummary, "totals">): boolean {
  return totals.copies + totals.deletes > 0;
}
