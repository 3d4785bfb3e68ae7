import { createTally } from "./decision.ts";
import type { Decision, Tally } from "./decision.ts";
import type { ImageFacts } from "./image-facts.ts";
import { isAllowed } from "./repository-overrides.ts";
import type { ReplicationRule } from "./rule.ts";
import { verdictInRepository, verdictOf } from "./verdict.ts";

/**
 * Decides what is copied; nothing else does. For each destination, the first rule that selects the image decides.
 * @param rules in the order of their priority.
 * @returns a decision for every destination that a rule of the repository names.
 */
export function evaluateRules(rules: readonly ReplicationRule[], facts: ImageFacts): ReadonlyMap<string, Decision> {
  const tallies = new Map<string, Tally>();
  for (const rule of rules) {
    if (!rule.matchesRepository(facts.repository)) continue;
    for (const name of rule.destinations) if (!tallies.has(name)) tallies.set(name, createTally());
    const open = rule.destinations.flatMap((name) => tallies.get(name) ?? []).filter((tally) => !tally.isClosed());
    // All destinations of the rule are decided already.
    if (open.length === 0) continue;
    const verdict = verdictInRepository(rule, facts);
    for (const tally of open) tally.add(rule, verdict);
  }
  return new Map([...tallies].map(([name, tally]) => [name, allowed(name, facts, tally.decision())]));
}

/** {@link evaluateRules} for one destination. */
export function decideFor(destination: string, rules: readonly ReplicationRule[], facts: ImageFacts): Decision {
  const tally = createTally();
  for (const rule of rules) {
    if (tally.isClosed()) break;
    if (rule.destinations.includes(destination)) tally.add(rule, verdictOf(rule, facts));
  }
  return allowed(destination, facts, tally.decision());
}

/** The decision, unless the repository's tags forbid what it selects. */
function allowed(destination: string, { overrides }: ImageFacts, decision: Decision): Decision {
  if (decision.kind === "not-selected" || isAllowed(destination, overrides)) return decision;
  return { kind: "not-selected", reason: "repository-tag", rule: undefined };
}

/** The rules that copy from a repository: no others can select an image of it. */
export function rulesOf<Rule extends ReplicationRule>(repository: string, rules: readonly Rule[]): Rule[] {
  return rules.filter((rule) => rule.matchesRepository(repository) && rule.excludesRepository?.(repository) !== true);
}
