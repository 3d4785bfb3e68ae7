import type { Fact } from "./image-facts.ts";
import type { ReplicationRule } from "./rule.ts";
import { REJECT_REASONS } from "./verdict.ts";
import type { RejectReason, Verdict } from "./verdict.ts";

/** What the rules decide about an image for one destination. */
export type Decision =
  | { readonly kind: "selected"; readonly rule: ReplicationRule }
  /** Selected, but too young: to be copied from `until` on; epoch milliseconds. */
  | { readonly kind: "waiting"; readonly rule: ReplicationRule; readonly until: number }
  /** Possibly attached to an image: to be copied if the target has that image. The rule only names the target. */
  | { readonly kind: "attached"; readonly rule: ReplicationRule }
  /** Missing facts decide whether one of these rules, and which, selects the image. If none does, `attached` names the target. */
  | {
      readonly kind: "undecided";
      readonly missing: readonly Fact[];
      readonly rules: readonly ReplicationRule[];
      readonly attached: ReplicationRule | undefined;
    }
  /** `rule`: the one that came closest to selecting it; undefined when none is for its repository. */
  | { readonly kind: "not-selected"; readonly reason: RejectReason; readonly rule: ReplicationRule | undefined };

/** Collects the verdicts of one destination's rules, in the order of their priority. */
export interface Tally {
  add(rule: ReplicationRule, verdict: Verdict): void;
  /** True when no later rule can change the decision. */
  readonly isClosed: () => boolean;
  readonly decision: () => Decision;
}

export function createTally(): Tally {
  let final: Extract<Decision, { kind: "selected" | "waiting" }> | undefined;
  let attached: ReplicationRule | undefined;
  let nearest: Rejection | undefined;
  const missing = new Set<Fact>();
  const open: ReplicationRule[] = [];

  return {
    isClosed: () => final !== undefined,
    add(rule, verdict) {
      switch (verdict.kind) {
        case "selects":
          final = { kind: "selected", rule };
          break;
        case "waits":
          final = { kind: "waiting", rule, until: verdict.until };
          break;
        case "follows":
          attached ??= rule;
          break;
        case "unknown":
          for (const fact of verdict.missing) missing.add(fact);
          open.push(rule);
          break;
        case "rejects":
          if (verdict.reason !== "repository") nearest = nearestOf([nearest, { reason: verdict.reason, rule }]);
      }
    },
    decision() {
      if (open.length > 0) {
        const rules = final === undefined ? open : [...open, final.rule];
        return { kind: "undecided", missing: [...missing], rules, attached };
      }
      if (final !== undefined) return final;
      if (attached !== undefined) return { kind: "attached", rule: attached };
      return { kind: "not-selected", reason: nearest?.reason ?? "repository", rule: nearest?.rule };
    },
  };
}

interface Rejection {
  readonly reason: RejectReason;
  readonly rule: ReplicationRule | undefined;
}

/** The first rejection by the rule that came closest to selecting an image. */
export function nearestOf(rejections: readonly (Rejection | undefined)[]): Rejection | undefined {
  const steps = rejections.map((each) => (each === undefined ? -1 : REJECT_REASONS.indexOf(each.reason)));
  return rejections[steps.indexOf(Math.max(...steps))];
}
