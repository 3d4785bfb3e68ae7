import type { Destination } from "../src/contract/configuration-document.ts";
import { googlePlace } from "../src/contract/google-place.ts";
import { AUDIENCE } from "../src/contract/provider.ts";

/** What a destination in Artifact Registry is made of, on Google's side. */
export interface TrustingPlace {
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

/** Undefined for a destination that is not in Artifact Registry, or has no federation. */
export function trustingPlace(destination: Destination): TrustingPlace | undefined {
  if (destination.kind !== "artifactRegistry" || destination.federation === undefined) return undefined;
  const { projectNumber, pool, provider } = AUDIENCE.exec(destination.federation.audience)?.groups ?? {};
  if (projectNumber === undefined || pool === undefined || provider === undefined) return undefined;
  const { project, location, repository } = googlePlace(destination.registry, destination.prefix);
  return {
    destination: destination.name,
    projectNumber,
    pool,
    provider,
    project,
    location,
    repository,
    serviceAccount: destination.federation.serviceAccount,
  };
}
