interface Place {
  readonly name: string;
  readonly access: { readonly registry: string };
  readonly prefix: string;
}

interface Mapping {
  readonly repositories: readonly string[];
  readonly destinations: readonly string[];
  readonly as?: string | undefined;
  matchesRepository(repository: string): boolean;
}

/**
 * Problems of rules by which two source repositories could write to one target repository. The last push would win, so such a
 * configuration is refused (fault R28).
 */
export function targetCollisions(destinations: readonly Place[], rules: readonly Mapping[]): string[] {
  return [...sharedPlaces(destinations), ...rules.flatMap((rule, index) => renameCollisions(rules, rule, index))];
}

/** Destinations with the same path, or one inside the other: `a/b` in one and `b` in the other could be one repository. */
function sharedPlaces(destinations: readonly Place[]): string[] {
  return destinations.flatMap((place, index) =>
    destinations.slice(0, index).flatMap((other) => {
      const [mine, theirs] = [pathOf(place), pathOf(other)];
      const where = `${place.access.registry}/${place.prefix}`;
      if (mine === theirs) return [`destinations[${index}]: "${place.name}" and "${other.name}" are both ${where}`];
      if (!mine.startsWith(theirs) && !theirs.startsWith(mine)) return [];
      return [
        `destinations[${index}]: "${place.name}" (${where}) and "${other.name}" (${other.access.registry}/${other.prefix}) overlap: one is inside the other; choose separate prefixes`,
      ];
    }),
  );
}

/** Normalized for comparison: hosts are case-insensitive, and 443 is the default port. */
function pathOf({ access, prefix }: Place): string {
  return `${access.registry.toLowerCase().replace(/:443$/, "")}/${prefix}/`;
}

/** A renamed repository must not have the target name of another source repository. */
function renameCollisions(rules: readonly Mapping[], rule: Mapping, index: number): string[] {
  const { as } = rule;
  const from = rule.repositories[0];
  if (as === undefined || as === from) return [];
  return rules.flatMap((other, otherIndex) => {
    if (otherIndex === index || !other.destinations.some((name) => rule.destinations.includes(name))) return [];
    const sameName = other.as === undefined ? other.matchesRepository(as) : other.as === as && otherIndex > index;
    if (!sameName || (other.as !== undefined && other.repositories[0] === from)) return [];
    return [`rules[${index}].as: "${as}" is also the target of another repository in rules[${otherIndex}]`];
  });
}
