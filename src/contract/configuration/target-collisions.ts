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
 * Rules under which two source repositories could write one target repository: whichever is pushed last would win,
 * so the configuration is refused (fault R28).
 */
export function targetCollisions(destinations: readonly Place[], rules: readonly Mapping[]): string[] {
  return [...sharedPlaces(destinations), ...rules.flatMap((rule, index) => renameCollisions(rules, rule, index))];
}

/** Two destinations in one place, or one inside the other: repositories `a/b` and `b` could meet there. */
function sharedPlaces(destinations: readonly Place[]): string[] {
  return destinations.flatMap((place, index) =>
    destinations.slice(0, index).flatMap((other) => {
      const [mine, theirs] = [pathOf(place), pathOf(other)];
      const where = `${place.access.registry}/${place.prefix}`;
      if (mine === theirs) return [`destinations[${index}]: "${place.name}" and "${other.name}" are both ${where}`];
      if (!mine.startsWith(theirs) && !theirs.startsWith(mine)) return [];
      return [
        `destinations[${index}]: "${place.name}" (${where}) and "${other.name}" (${other.access.registry}/${other.prefix}) lie one inside the other; choose prefixes side by side`,
      ];
    }),
  );
}

/** Comparable: hosts are the same in any case, and 443 is where registries are anyway. */
function pathOf({ access, prefix }: Place): string {
  return `${access.registry.toLowerCase().replace(/:443$/, "")}/${prefix}/`;
}

/** A renamed repository must not take the name under which another source repository arrives. */
function renameCollisions(rules: readonly Mapping[], rule: Mapping, index: number): string[] {
  const { as } = rule;
  const from = rule.repositories[0];
  if (as === undefined || as === from) return [];
  return rules.flatMap((other, otherIndex) => {
    if (otherIndex === index || !other.destinations.some((name) => rule.destinations.includes(name))) return [];
    const sameName = other.as === undefined ? other.matchesRepository(as) : other.as === as && otherIndex > index;
    if (!sameName || (other.as !== undefined && other.repositories[0] === from)) return [];
    return [`rules[${index}].as: "${as}" is also where rules[${otherIndex}] puts another repository`];
  });
}
