import type { LeftOut } from "../../replication/outcome/left-out.ts";
import type { Comparison, Difference } from "./compare-images.ts";

/** What was found of one tag; after a repair, also what still differs. */
export interface VerifiedTag extends Comparison {
  readonly remaining?: readonly Difference[];
}

export type TagVerdict = "equal" | "repaired" | "differ" | "unknown";

export function verdictOf({ differences, notCompared, remaining }: VerifiedTag): TagVerdict {
  if ((remaining ?? differences).length > 0) return "differ";
  if (notCompared.some(isUnknown)) return "unknown";
  return differences.length > 0 ? "repaired" : "equal";
}

/** True for referrers. Non-distributable layers and platforms that the source lacks are never part of a copy, so they do not count. */
export function isUnknown({ kind }: LeftOut): boolean {
  return kind === "attachment" || kind === "attachments";
}
