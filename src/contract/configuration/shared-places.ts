interface Place {
  readonly name: string;
  readonly access: { readonly registry: string };
  readonly prefix: string;
}

/** Problems of destinations with the same path, or one inside the other: `a/b` in one and `b` in the other could be one repository. */
export function sharedPlaces(destinations: readonly Place[]): string[] {
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
