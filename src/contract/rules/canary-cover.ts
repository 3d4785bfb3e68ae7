import type { Rule } from "./compile-rules.ts";

/** The tag of the source that canaries are pushed to. */
export interface CanaryPlace {
  readonly repository: string;
  readonly tag: string;
}

/**
 * Problems of the place where canaries are pushed: at each destination, a rule must copy every push of it at once. A canary that a rule
 * leaves out or holds back would look like a path that is silent.
 * @param rules in the order of their priority.
 */
export function uncoveredCanary(
  { repository, tag }: CanaryPlace,
  destinations: readonly { readonly name: string }[],
  rules: readonly Rule[],
): string[] {
  const isFor = (rule: Rule): boolean =>
    rule.matchesRepository(repository) &&
    rule.excludesRepository?.(repository) !== true &&
    rule.matchesTag(tag) &&
    rule.excludesTag?.(tag) !== true;
  return destinations.flatMap(({ name }) => {
    const first = rules.find((rule) => rule.destinations.includes(name) && isFor(rule));
    if (first === undefined) {
      const missing = `no rule copies ${repository}:${tag} to "${name}", so its canary would never arrive`;
      return [`stack.canary.repository: ${missing}; add a rule for "${repository}" with this destination`];
    }
    const conditions = conditionsOf(first);
    if (conditions.length === 0) return [];
    const held = `"${first.name}" decides about ${repository}:${tag} for "${name}" and has ${conditions.join(", ")}`;
    return [
      `stack.canary.repository: ${held}, which may leave it out or hold it back; add a rule for "${repository}" alone with a higher priority`,
    ];
  });
}

/** The fields by which a rule leaves out or holds back images that its patterns select. */
function conditionsOf({ latest, retention, acceptsType, minAgeMs, platforms, gate }: Rule): string[] {
  const fields = { latest, retention, artifactTypes: acceptsType, minAgeMinutes: minAgeMs, platforms, gate };
  return Object.entries(fields).flatMap(([field, value]) => (value === undefined ? [] : [field]));
}
