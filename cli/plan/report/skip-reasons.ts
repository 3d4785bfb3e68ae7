import { describeVerdict } from "../../config/describe-verdict.ts";
import { REJECT_REASONS } from "../../../src/replication/rules/verdict.ts";
import { SKIP_REASONS } from "../../../src/api/inspections/skip-reasons.ts";
import type { SkipGroup } from "../../../src/inspection/plan/plan-summary.ts";

/** What the rules reject, in the words of `config explain`. */
function rejection(reason: string): string | undefined {
  const known = REJECT_REASONS.find((each) => each === reason);
  return known && describeVerdict({ kind: "rejects", reason: known });
}

export function describeSkip({ rule, reason }: Pick<SkipGroup, "rule" | "reason">): string {
  const why = SKIP_REASONS[reason];
  if (why === undefined) {
    const rejected = rejection(reason) ?? reason;
    return rule === undefined ? rejected : `"${rule}" ${rejected}`;
  }
  return rule === undefined ? why : `${why} ("${rule}")`;
}
