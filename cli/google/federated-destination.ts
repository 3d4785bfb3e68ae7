import type { Destination } from "../../src/contract/configuration/configuration-document.ts";
import { googlePlace } from "../../src/contract/providers/google-place.ts";
import { AUDIENCE } from "../../src/contract/providers/provider.ts";
import { UsageError } from "../errors/usage-error.ts";

/** A service account of a project, as its e-mail says. */
export interface ServiceAccount {
  readonly email: string;
  readonly name: string;
  readonly project: string;
}

/** What a destination in Artifact Registry is made of, on Google's side. */
export interface FederatedDestination {
  readonly destination: string;
  readonly projectNumber: string;
  readonly pool: string;
  readonly provider: string;
  /** Project, location and name of the Artifact Registry repository. */
  readonly project: string;
  readonly location: string;
  readonly repository: string;
  /** The service account that is impersonated; undefined: the federated principal itself writes. */
  readonly serviceAccount: ServiceAccount | undefined;
}

/**
 * Undefined for a destination that is not logged in to with a federation.
 * @throws {UsageError} for a service account that no project can have.
 */
export function federatedDestination({ name, access, prefix }: Destination): FederatedDestination | undefined {
  if (access.login.kind !== "google") return undefined;
  const { audience, serviceAccount: email } = access.login.federation;
  const { projectNumber, pool, provider } = AUDIENCE.exec(audience)?.groups ?? {};
  if (projectNumber === undefined || pool === undefined || provider === undefined) return undefined;
  const serviceAccount = email === undefined ? undefined : accountOf(email);
  if (email !== undefined && serviceAccount === undefined) {
    throw new UsageError(
      `${email} of destination ${name} is no service account that a project can make; write NAME@PROJECT.iam.gserviceaccount.com`,
    );
  }
  const { project, location, repository } = googlePlace(access.registry, prefix);
  return { destination: name, projectNumber, pool, provider, project, location, repository, serviceAccount };
}

/**
 * A service account's name and project. A project within a domain, `example.com:project`, is `project.example.com` in e-mails
 * (IAM documentation, "Service accounts", "User-managed service accounts").
 */
function accountOf(email: string): ServiceAccount | undefined {
  const form =
    /^(?<name>[a-z][a-z0-9-]{4,28}[a-z0-9])@(?<id>[a-z][a-z0-9-]*)(?:\.(?<domain>[a-z0-9.-]+))?\.iam\.gserviceaccount\.com$/;
  const { name, id, domain } = form.exec(email)?.groups ?? {};
  if (name === undefined || id === undefined) return undefined;
  return { email, name, project: domain === undefined ? id : `${domain}:${id}` };
}
