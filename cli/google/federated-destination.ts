import type { Destination } from "../../src/contract/configuration/configuration-document.ts";
import type { Rule } from "../../src/contract/rules/compile-rules.ts";
import { googlePlace } from "../../src/contract/providers/google-place.ts";
import { AUDIENCE } from "../../src/contract/providers/provider.ts";
import type { RegistryAccess } from "../../src/contract/providers/provider.ts";
import type { Source } from "../../src/contract/source/source-document.ts";
import { UsageError } from "../errors/usage-error.ts";

/** A service account, parsed from its e-mail address. */
export interface ServiceAccount {
  readonly email: string;
  readonly name: string;
  readonly project: string;
}

/** A destination in Artifact Registry, or the source, that is logged in to with Workload Identity Federation, in Google's terms. */
export interface FederatedDestination {
  readonly destination: string;
  readonly projectNumber: string;
  readonly pool: string;
  readonly provider: string;
  /** Project, location and name of the Artifact Registry repository. */
  readonly project: string;
  readonly location: string;
  readonly repository: string;
  /** The service account to impersonate. Undefined when the federated principal itself writes. */
  readonly serviceAccount: ServiceAccount | undefined;
  /** A rule deletes tags there. */
  readonly deletesTags: boolean;
  /** It is the source, and only read. */
  readonly isSource?: boolean;
}

/**
 * Undefined for a destination without Workload Identity Federation.
 * @throws {UsageError} for a service account that no project can create.
 */
export function federatedDestination(
  { name, access, prefix }: Destination,
  rules: readonly Pick<Rule, "destinations" | "deletes" | "retention">[],
): FederatedDestination | undefined {
  const deletesTags = rules.some(
    ({ destinations, deletes, retention }) => destinations.includes(name) && (deletes ?? retention) !== undefined,
  );
  const place = federatedPlace(access, prefix, `destination ${name}`);
  return place && { ...place, destination: name, deletesTags };
}

/** As {@link federatedDestination}. */
export function federatedSource({ access, prefix }: Source): FederatedDestination | undefined {
  if (prefix === undefined) return undefined;
  const place = federatedPlace(access, prefix, "the source");
  return place && { ...place, destination: "source", deletesTags: false, isSource: true };
}

function federatedPlace(
  access: RegistryAccess,
  prefix: string,
  owner: string,
): Omit<FederatedDestination, "destination" | "deletesTags"> | undefined {
  if (access.login.kind !== "google") return undefined;
  const { audience, serviceAccount: email } = access.login.federation;
  const { projectNumber, pool, provider } = AUDIENCE.exec(audience)?.groups ?? {};
  if (projectNumber === undefined || pool === undefined || provider === undefined) return undefined;
  const serviceAccount = email === undefined ? undefined : accountOf(email);
  if (email !== undefined && serviceAccount === undefined) {
    throw new UsageError(
      `${email} of ${owner} is not a service account of a project; write NAME@PROJECT.iam.gserviceaccount.com`,
    );
  }
  const { project, location, repository } = googlePlace(access.registry, prefix);
  return { projectNumber, pool, provider, project, location, repository, serviceAccount };
}

/** The service accounts of destinations, each once. */
export function serviceAccountsOf(destinations: readonly FederatedDestination[]): ServiceAccount[] {
  const accounts = destinations.flatMap(({ serviceAccount }) => (serviceAccount === undefined ? [] : [serviceAccount]));
  return [...new Map(accounts.map((account) => [account.email, account])).values()];
}

/**
 * A service account's name and project. A domain-scoped project, `example.com:project`, is `project.example.com` in the address
 * (IAM documentation, "Service accounts", "User-managed service accounts").
 */
function accountOf(email: string): ServiceAccount | undefined {
  const form =
    /^(?<name>[a-z][a-z0-9-]{4,28}[a-z0-9])@(?<id>[a-z][a-z0-9-]*)(?:\.(?<domain>[a-z0-9.-]+))?\.iam\.gserviceaccount\.com$/;
  const { name, id, domain } = form.exec(email)?.groups ?? {};
  if (name === undefined || id === undefined) return undefined;
  return { email, name, project: domain === undefined ? id : `${domain}:${id}` };
}
