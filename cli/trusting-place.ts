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

/** Undefined for a destination that is not logged in to with a federation. */
export function trustingPlace(destination: Destination): TrustingPlace | undefined {
  const { access, prefix } = destination;
  if (access.login.kind !== "google") return undefined;
  const { audience, serviceAccount } = access.login.federation;
  const { projectNumber, pool, provider } = AUDIENCE.exec(audience)?.groups ?? {};
  if (projectNumber === undefined || pool === undefined || provider === undefined) return undefined;
  const { project, location, repository } = googlePlace(access.registry, prefix);
  return {
    destination: destination.name,
    projectNumber,
    pool,
    provider,
    project,
    location,
    repository,
    serviceAccount,
  };
}
