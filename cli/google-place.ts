import type { Destination } from "../src/contract/configuration.ts";

/** What a destination in Artifact Registry is made of, on Google's side. */
export interface GooglePlace {
  readonly destination: string;
  readonly projectNumber: string;
  readonly pool: string;
  readonly provider: string;
  /** Project, location and name of the Artifact Registry repository. */
  readonly project: string;
  readonly location: string;
  readonly repository: string;
  /** E-mail of the service account that is impersonated; undefined: the federated principal itself writes. */
  readonly serviceAccount: string | undefined;
}

const AUDIENCE =
  /^\/\/iam\.googleapis\.com\/projects\/(?<projectNumber>\d+)\/locations\/global\/workloadIdentityPools\/(?<pool>[^/]+)\/providers\/(?<provider>[^/]+)$/;
/** Where the gcr.io names live since they are served by Artifact Registry ("Transition from Container Registry"). */
const GCR_LOCATIONS: Readonly<Record<string, string>> = {
  "gcr.io": "us",
  "us.gcr.io": "us",
  "eu.gcr.io": "europe",
  "asia.gcr.io": "asia",
};

/** Undefined for a destination that is not in Artifact Registry, or has no federation. */
export function googlePlace(destination: Destination): GooglePlace | undefined {
  if (destination.kind !== "artifactRegistry" || destination.federation === undefined) return undefined;
  const { projectNumber, pool, provider } = AUDIENCE.exec(destination.federation.audience)?.groups ?? {};
  if (projectNumber === undefined || pool === undefined || provider === undefined) return undefined;
  const [project = "", repository = ""] = destination.prefix.split("/");
  const { registry } = destination;
  const gcr = GCR_LOCATIONS[registry];
  return {
    destination: destination.name,
    projectNumber,
    pool,
    provider,
    project,
    location: gcr ?? registry.replace(/-docker\.pkg\.dev$/, ""),
    repository: gcr === undefined ? repository : registry,
    serviceAccount: destination.federation.serviceAccount,
  };
}
