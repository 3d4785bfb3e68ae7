import { isUnknown, verdictOf } from "../../src/inspection/verify/verdict.ts";
import type { VerifiedTag } from "../../src/inspection/verify/verdict.ts";
import { describeLeftOut } from "../../src/replication/outcome/left-out.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { ImagePair } from "../copy/expand-tags.ts";
import { counted, formatDuration } from "../terminal/format.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { Difference } from "../../src/inspection/verify/compare-images.ts";

/** How many tags ended how. */
export interface VerifiedCounts {
  tags: number;
  equal: number;
  repaired: number;
  differ: number;
  /** Tags of which something could not be compared, failed ones included. */
  unknown: number;
  differences: number;
  /** Found equal by the run that this one continues. */
  earlier: number;
  /** Not in the sample. */
  skipped: number;
  onlyAtTarget: number;
}

/** Prints one tag that is not simply equal. */
export function reportTag(
  { source, target }: ImagePair,
  found: VerifiedTag,
  { out, json }: Pick<Terminal, "out" | "json">,
): void {
  const verdict = verdictOf(found);
  if (verdict === "equal") return;
  const name = formatReference(target);
  if (json) return out.json({ source: formatReference(source), target: name, verdict, ...found });
  const { differences, notCompared, remaining } = found;
  const stays = new Set(remaining?.map(keyOf));
  const lines = differences.map((each) => {
    const end = remaining === undefined ? "" : stays.has(keyOf(each)) ? "; not repaired" : "; repaired";
    return `${name}: ${each.kind} ${each.name} ${each.problem}${end}`;
  });
  const open = notCompared.filter(isUnknown).map((each) => `${name}: not compared: ${describeLeftOut([each])}`);
  out.lines([...lines, ...open]);
}

function keyOf({ kind, name, side }: Difference): string {
  return `${kind} ${name} ${side ?? "target"}`;
}

/** The last lines of a run. */
export function describeCounts(counts: VerifiedCounts, ms: number): string[] {
  const { tags, equal, repaired, differ, unknown, differences, earlier, skipped, onlyAtTarget } = counts;
  const parts = [
    `${equal} equal`,
    ...(earlier === 0 ? [] : [`${earlier} found equal before`]),
    ...(repaired === 0 ? [] : [`${repaired} repaired`]),
    `${differ} differ`,
    ...(unknown === 0 ? [] : [`${unknown} could not be compared`]),
    ...(skipped === 0 ? [] : [`${skipped} not in the sample`]),
  ];
  const only = `${counted(onlyAtTarget, "tag")} only at the target, which no copy removes`;
  return [
    ...(onlyAtTarget === 0 ? [] : [only]),
    `${counted(tags, "tag")}: ${parts.join(", ")}; ${counted(differences, "difference")}; ${formatDuration(ms)}`,
  ];
}
