/** A repository or image of Artifact Registry, as Google's APIs name it. */
export interface GooglePlace {
  readonly project: string;
  readonly location: string;
  readonly repository: string;
  /** What stands below the repository, slashes included; empty for the repository itself. */
  readonly image: string;
}

/** Where the gcr.io names live since Artifact Registry serves them ("Transition from Container Registry"). */
const GCR_LOCATIONS: Readonly<Record<string, string>> = {
  "gcr.io": "us",
  "us.gcr.io": "us",
  "eu.gcr.io": "europe",
  "asia.gcr.io": "asia",
};

/**
 * Where a name at a registry is on Google's side: `LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE`, and
 * `gcr.io/PROJECT/IMAGE`. A project within a domain stands as two components there, `example.com/project`.
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
