import { describeVerdict } from "../../config/describe-verdict.ts";
import { REJECT_REASONS } from "../../../src/replication/rules/verdict.ts";
import type { SkipGroup } from "../../../src/inspection/plan/plan-summary.ts";

/** Why images stay as they are, as people read it. Words that are not here are those of receipts. */
const REASONS: Readonly<Record<string, string>> = {
  backfill: "from before the deployment, left out by reconcile.backfill; --all plans them",
  busy: "being copied by the stack",
  young: "just pushed, left to their events",
  requested: "requested by the stack before, or failed lately; see status and redrive",
  decided: "left as they are by a copy, which would do so again",
  "too-young": "younger than their rule asks",
  moving: "changing at this moment",
  unchanged: "there already",
  "source-gone": "gone from the source",
  schema1: "in Docker's schema 1, which registries refuse",
  platform: "without any of the platforms of their rule",
  untagged: "without a tag, and attached to nothing",
  "subject-absent": "attached to something that the target does not have",
  conflict: "moved at the target by someone else, and skipped by their rule",
  "target-wins": "moved at the target by someone else, and kept there",
  "target-newer": "newer at the target",
  "target-conflict": "moved at the target by someone else, and left to a person by their rule",
  "repository-tag": "not to be copied, say the tags of the repository",
  "source-empty": "deletes held back, because the source has no tag left",
  "dry-run": "due to be deleted, but their rule only reports",
  "pushed-again": "due to be deleted, but pushed again",
  "at-source": "due to be deleted, but at the source",
  archived: "due to be deleted, but archived at the source",
  "moved-at-target": "due to be deleted, but moved at the target by someone else",
  gate: "waiting for their gate",
  unsigned: "held by their gate: no signature that it accepts",
  "referrer-missing": "held by their gate: an attachment is missing",
  severity: "held by their gate: the scan found too much",
  "scan-missing": "held by their gate: there is no scan",
  "too-big": "held by their gate: too big",
  "base-image": "held by their gate: another base image",
};

/** What the rules reject, in the words of `config explain`. */
function rejection(reason: string): string | undefined {
  const known = REJECT_REASONS.find((each) => each === reason);
  return known && describeVerdict({ kind: "rejects", reason: known });
}

export function describeSkip({ rule, reason }: Pick<SkipGroup, "rule" | "reason">): string {
  const why = REASONS[reason];
  if (why === undefined) {
    const rejected = rejection(reason) ?? reason;
    return rule === undefined ? rejected : `"${rule}" ${rejected}`;
  }
  return rule === undefined ? why : `${why} ("${rule}")`;
}
