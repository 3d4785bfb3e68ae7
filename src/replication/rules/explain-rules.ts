import type { Decision } from "./decision.ts";
import { evaluateRules } from "./evaluate-rules.ts";
import type { ImageFacts } from "./image-facts.ts";
import type { ReplicationRule } from "./rule.ts";
import { verdictOf } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

/** Why each rule matches an image or not, and what follows from that for each destination. */
export interface Explanation {
  /** In the order of their priority. */
  readonly rules: readonly { readonly rule: ReplicationRule; readonly verdict: Verdict }[];
  readonly destinations: ReadonlyMap<string, Decision>;
}

/** Explains the decisions of {@link evaluateRules}, with the verdicts of all rules, including those after the deciding one. */
export function explainRules(rules: readonly ReplicationRule[], facts: ImageFacts): Explanation {
  return {
    rules: rules.map((rule) => ({ rule, verdict: verdictOf(rule, facts) })),
    destinations: evaluateRules(rules, facts),
  };
}
