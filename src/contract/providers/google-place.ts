/** A repository or image of Artifact Registry, as Google's APIs name it. */
export interface GooglePlace {
  readonly project: string;
  readonly location: string;
  readonly repository: string;
  /** The path below the repository, with slashes; empty for the repository itself. */
  readonly image: string;
}

/** Locations of the gcr.io hosts in Artifact Registry ("Transition from Container Registry"). */
const GCR_LOCATIONS: Readonly<Record<string, string>> = {
  "gcr.io": "us",
  "us.gcr.io": "us",
  "eu.gcr.io": "europe",
  "asia.gcr.io": "asia",
};

/**
 * Parses a registry host and a repository name: `LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE` or `gcr.io/PROJECT/IMAGE`. A
 * domain-scoped project has two components, `example.com/project`.
 */
export function googlePlace(registry: string, name: string): GooglePlace {
  const [first = "", ...others] = name.split("/");
  const isInDomain = first.includes(".");
  const project = isInDomain ? `${first}:${others[0] ?? ""}` : first;
  const rest = isInDomain ? others.slice(1) : others;
  const location = GCR_LOCATIONS[registry];
  if (location !== undefined) return { project, location, repository: registry, image: rest.join("/") };
  const [repository = "", ...image] = rest;
  return { project, location: registry.replace(/-docker\.pkg\.dev$/, ""), repository, image: image.join("/") };
}
