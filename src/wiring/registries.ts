import type { Configuration } from "../contract/configuration/configuration.ts";
import type { Creation, Login, RegistryAccess } from "../contract/providers/provider.ts";
import { parseRepositoryName } from "../oci/reference.ts";
import type { RegistryHost, RepositoryName } from "../oci/reference.ts";
import type { Side } from "../oci/errors/registry-error.ts";
import type { Connections } from "../registry/http/connections.ts";
import { credentialsOnSide } from "../registry/credentials/credentials.ts";
import type { CredentialsSource } from "../registry/credentials/credentials.ts";
import type { Endpoint } from "../registry/client/endpoint.ts";
import { createSharedLimits } from "../registry/resilience/shared-limits.ts";
import type { SharedRate } from "../registry/resilience/shared-limits.ts";

/** Endpoints of all repositories of a configuration. Connections and credentials are cached while the process lives. */
export interface Registries {
  source(repository: RepositoryName): Endpoint;
  /** Endpoints of a destination whose requests share one rate. Connections are shared by all endpoints. */
  destination(name: string, rate?: SharedRate): (repository: RepositoryName) => Endpoint;
  /** Creates a repository of a destination; undefined where its registry does so, or its repositories exist. */
  creator(name: string): CreateNamedRepository | undefined;
}

/** Creates a repository; succeeds when it exists. */
export type CreateNamedRepository = (repository: RepositoryName, signal: AbortSignal) => Promise<void>;

export interface RegistriesOptions extends Pick<Endpoint, "clock" | "random"> {
  readonly configuration: Configuration;
  readonly connections: Connections;
  /** Creates credentials for a login. Called once for the source and once for each destination. */
  readonly credentials: (login: Login, registry: RegistryHost) => CredentialsSource;
  /** Opens the API that creates repositories; without it, none are created. */
  readonly createRepository?: ((creation: Creation) => CreateNamedRepository) | undefined;
  /** Called when a registry asks for fewer requests. */
  readonly onBusy?: (() => void) | undefined;
}

/** Combines the registries of a configuration with connections, credentials and a clock, real or simulated. */
export function createRegistries(options: RegistriesOptions): Registries {
  const { configuration, connections, onBusy, clock, random } = options;
  const timed = clock === undefined ? {} : { clock };
  const given = { ...timed, ...(random === undefined ? {} : { random }) };
  const logins = new Map(
    configuration.destinations.map(({ name, access }) => {
      const place = { ...access, howToAllow: howToAllow(access, `of destination ${name}`) };
      return [name, { access: place, credentials: options.credentials(access.login, access.registry) }] as const;
    }),
  );
  const { access: own, prefix: below } = configuration.source;
  const access = { ...own, howToAllow: howToAllow(own, "of the source") };
  const source = endpointOf("source", access, options.credentials(access.login, access.registry), undefined);

  function endpointOf(
    side: Side,
    { login, ...access }: RegistryAccess & Pick<Endpoint, "howToAllow">,
    credentials: CredentialsSource,
    rate: SharedRate | undefined,
  ): Omit<Endpoint, "repository"> {
    const busy = onBusy === undefined ? {} : { onBusy };
    const limits = createSharedLimits({ retryPolicies: configuration.retries, rate, ...busy, ...timed });
    const { registry, plainHttp, allowedHosts, howToAllow } = access;
    // Amazon ECR accepts Basic credentials without a challenge (ECR user guide, "Private registry authentication").
    const preemptive = login.kind === "ecr";
    const place = { registry, plainHttp, allowedHosts, howToAllow, preemptive };
    return { side, ...place, ...given, credentials: credentialsOnSide(credentials, side), connections, limits };
  }

  return {
    source: (name) => ({
      ...source,
      repository: below === undefined ? name : parseRepositoryName(`${below}/${name}`, "source repository"),
    }),
    destination(name, rate) {
      const known = logins.get(name);
      if (known === undefined) throw new Error(`destination ${name} is not in the configuration`);
      const endpoint = endpointOf("target", known.access, known.credentials, rate);
      return (repository) => ({ ...endpoint, repository });
    },
    creator(name) {
      const creation = logins.get(name)?.access.creation;
      return creation === undefined ? undefined : options.createRepository?.(creation);
    },
  };
}

/** Advice on how to allow another host; undefined for a kind that has no such field. */
function howToAllow({ hostsField }: RegistryAccess, whose: string): Endpoint["howToAllow"] {
  return hostsField === undefined ? undefined : (host) => `add "${host}" to ${hostsField} ${whose}`;
}
