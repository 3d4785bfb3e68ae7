import { hasChanges } from "../../../src/inspection/cost/plan-cost.ts";
import type { PlanCost } from "../../../src/inspection/cost/plan-cost.ts";
import type { DestinationSummary, SkipGroup } from "../../../src/inspection/plan/plan-summary.ts";
import { counted, formatBytes, formatDuration } from "../../terminal/format.ts";
import { describeSkip } from "./skip-reasons.ts";

/** One destination of a plan, as people read it. */
export function describeDestination(summary: DestinationSummary, cost: PlanCost, now: number): string[] {
  const { destination, totals, equal, skipped, copies, deletes } = summary;
  const left = skipped.reduce((sum, { images }) => sum + images, 0);
  const counts = `${totals.copies} to copy, ${totals.deletes} to delete, ${equal.images} equal, ${left} left as they are`;
  return [
    `${destination}: ${counts}`,
    ...copies.map((each) => `  ${VERBS[each.how].padEnd(8)}${copyText(each)}`),
    ...more(totals.copies - copies.length),
    ...deletes.map(
      ({ repository, to, tombstone: { tag, cause, rule } }) =>
        `  delete  ${to}:${tag} (${cause} in ${repository}, "${rule}")`,
    ),
    ...more(totals.deletes - deletes.length),
    ...describePending(summary, now),
    ...skipped.toSorted((a, b) => b.images - a.images).map(skipText),
    ...(hasChanges(summary) ? describeEffort(summary, cost) : []),
  ];
}

const VERBS = { put: "copy", overwrite: "replace", merge: "merge", rename: "rename", keep: "content" } as const;

function copyText({
  repository,
  reference,
  to,
  as,
  bytes,
  replaces,
  rule,
}: DestinationSummary["copies"][number]): string {
  const from = `${repository}${reference.includes(":") ? "@" : ":"}${reference}`;
  const target = `${to}${as.includes(":") ? "@" : ":"}${as}`;
  const instead = replaces === undefined ? "" : `, instead of ${replaces}`;
  return `${from} to ${target}, ${formatBytes(bytes)}${instead} ("${rule}")`;
}

function more(count: number): string[] {
  return count > 0 ? [`          and ${count} more; --out writes all to a file`] : [];
}

function describePending({ pending, pendingCount: { count } }: DestinationSummary, now: number): string[] {
  const lines = pending.map(
    ({ name, dueAt, cause, rule }) =>
      `  later   ${name} will be deleted in ${formatDuration(Math.max(dueAt - now, 0))} (${cause}, "${rule}")`,
  );
  return count > pending.length ? [...lines, `          and ${count - pending.length} more`] : lines;
}

function skipText({ images, bytes, samples, ...group }: SkipGroup): string {
  const size = bytes === 0 ? "" : `, about ${formatBytes(bytes)}`;
  const others = images > samples.length ? ", ..." : "";
  return `  leave   ${images}${size}: ${describeSkip(group)}: ${samples.join(", ")}${others}`;
}

function describeEffort(
  { destination, totals }: DestinationSummary,
  { seconds, paths, stack, dollars }: PlanCost,
): string[] {
  const { bytes, mountBytes, blobs, manifests, requests } = totals;
  const mounted = mountBytes === 0 ? "" : `, and ${formatBytes(mountBytes)} more if the registry grants no mounts`;
  const [used, ...others] = paths;
  const ofStack = stack.map((item) => `${item.name} ${price(item.dollars)}`).join(", ");
  const cheaper = others.filter(({ saves }) => saves >= CENT);
  const dearer = others.filter(({ saves }) => saves <= -CENT);
  return [
    `  sends ${formatBytes(bytes)} in ${counted(blobs, "blob")}${mounted}, and puts ${counted(manifests, "manifest")}`,
    `  ${requests.source} requests to the source, ${requests.target} to ${destination}; at least ${formatDuration(seconds * 1_000)}`,
    `  ${price(dollars)}: egress by ${titleOf(used)} ${price(used?.dollars ?? 0)}, and if the stack copies it ${ofStack}`,
    ...cheaper.map(
      (each) =>
        `  by ${titleOf(each)}, egress would be ${price(each.dollars)}: it saves ${price(each.saves)} (${each.source})`,
    ),
    ...dearer.map((each) => `  by ${titleOf(each)}, egress would be ${price(each.dollars)}`),
  ];
}

const CENT = 0.005;
const TITLES: Readonly<Record<string, string>> = {
  internet: "the internet",
  nat: "a NAT gateway",
  interconnect: "AWS Interconnect",
};
const titleOf = (path: PlanCost["paths"][number] | undefined): string => TITLES[path?.path ?? ""] ?? "the internet";
const price = (dollars: number): string => (dollars > 0 && dollars < CENT ? "<$0.01" : `$${dollars.toFixed(2)}`);
