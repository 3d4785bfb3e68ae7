import type { Destination } from "../configuration/configuration-document.ts";
import { isGoogle } from "../providers/artifact-registry.ts";
import { googlePlace } from "../providers/google-place.ts";

/** Write requests a minute of one project in one location, unless its quota was changed (Artifact Registry, "Quotas and limits"). */
export const GOOGLE_WRITES_PER_MINUTE = 18_000;

/** What the destinations of one project and location may send together. */
export interface GoogleUse {
  readonly project: string;
  readonly location: string;
  readonly destinations: readonly string[];
  readonly requestsPerMinute: number;
}

/** What the rates allow for each place of Artifact Registry: its destinations share one quota. */
export function googleUses(destinations: readonly Destination[]): GoogleUse[] {
  const places = destinations
    .filter(({ access }) => isGoogle(access.registry))
    .map(({ name, access, prefix, requestsPerSecond }) => {
      const { project, location } = googlePlace(access.registry, prefix);
      return { project, location, name, requestsPerSecond };
    });
  return [...Map.groupBy(places, ({ project, location }) => `${project} ${location}`).values()].flatMap((all) =>
    all.slice(0, 1).map(({ project, location }) => ({
      project,
      location,
      destinations: all.map(({ name }) => name),
      requestsPerMinute: 60 * all.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0),
    })),
  );
}

/** What to consider when all requests of a use were writes; undefined within Google's default quota. */
export function quotaNote({ project, location, destinations, requestsPerMinute }: GoogleUse): string | undefined {
  if (requestsPerMinute <= GOOGLE_WRITES_PER_MINUTE) return undefined;
  const who = destinations.length === 1 ? "its rate allows" : `the rates of ${destinations.join(", ")} together allow`;
  const quota = `Google's default for ${project} in ${location} is ${GOOGLE_WRITES_PER_MINUTE} writes a minute`;
  return `${who} ${requestsPerMinute} requests a minute, and ${quota}: unless that quota was raised, lower requestsPerSecond, or copies that run into it slow each other down`;
}
