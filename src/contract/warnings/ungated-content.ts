import { mayOverlap } from "../patterns/glob-overlap.ts";
import type { Rule } from "../rules/compile-rules.ts";

/**
 * Rules without a gate that copy content without a tag of repositories where another rule has one: they copy the platforms of an index by their
 * digests, whatever the gate says about the index.
 */
export function ungatedContent(rules: readonly Rule[]): string[] {
  const open = rules.filter(({ untagged, gate }) => untagged && gate === undefined);
  return open.flatMap((rule) => {
    const gated = rules.filter((other) => other.gate !== undefined && haveSamePlace(rule, other));
    if (gated.length === 0) return [];
    const names = gated.map(({ name }) => `"${name}"`).join(", ");
    return [
      `rules[${rule.index}].untagged: "${rule.name}" has no gate, and copies by their digests the platforms of images that the gate of ${names} may hold back; give it the gate, too, or leave untagged out`,
    ];
  });
}

/** Whether some repository may be of both rules, for the same destination. */
function haveSamePlace(one: Rule, other: Rule): boolean {
  if (!one.destinations.some((name) => other.destinations.includes(name))) return false;
  return one.repositoryGlobs.some((mine) =>
    other.repositoryGlobs.some(
      (theirs) => mayOverlap(mine, theirs) && !isExcluded(mine, other) && !isExcluded(theirs, one),
    ),
  );
}

/** True for a name, not a pattern, that a rule leaves out. */
function isExcluded(glob: string, { excludesRepository, matchesRepository }: Rule): boolean {
  return matchesRepository(glob) && excludesRepository?.(glob) === true;
}
