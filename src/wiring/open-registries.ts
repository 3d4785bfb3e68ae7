import type { SQSClient } from "@aws-sdk/client-sqs";
import { ECRClient } from "@aws-sdk/client-ecr";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { clientLimits } from "../aws/client-limits.ts";
import { createEcrCredentials } from "../aws/ecr-credentials.ts";
import { createKeyReader } from "../aws/key-reader.ts";
import { roleOf } from "../aws/role.ts";
import { destinationAccess, sourceAccess } from "../contract/configuration-document.ts";
import type { Configuration } from "../contract/configuration.ts";
import type { GoogleEndpoints } from "../contract/environment.ts";
import type { Login, RegistryAccess } from "../contract/provider.ts";
import { createFederatedCredentials } from "../google/federated-credentials.ts";
import { createKeyCredentials } from "../google/key-credentials.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { Side } from "../oci/registry-error.ts";
import { createConnections } from "../registry/connections.ts";
import { fixedCredentials } from "../registry/credentials.ts";
import type { CredentialsSource } from "../registry/credentials.ts";
import type { Endpoint } from "../registry/endpoint.ts";
import { createTraffic } from "../registry/traffic.ts";
import type { SharedRate } from "../registry/traffic.ts";

/** How a function finds out who it is. */
export interface RegistriesOptions {
  readonly configuration: Configuration;
  /** Any AWS client of the function: its role is the one that Google trusts. */
  readonly sqs: SQSClient;
  /** Set only where Google's services are played by a local server. */
  readonly google?: GoogleEndpoints | undefined;
  /** A registry asked for fewer requests. */
  readonly onBusy?: (() => void) | undefined;
}

/** Where every repository of a configuration is, and how to log in: warm for as long as the process lives. */
export interface EndpointMaker {
  source(repository: RepositoryName): Endpoint;
  /** A way of its own to a destination: its requests share a rate, its connections are everybody's. */
  destination(name: string, rate?: SharedRate): (repository: RepositoryName) => Endpoint;
}

export function openRegistries(options: RegistriesOptions): EndpointMaker {
  const { configuration, onBusy } = options;
  const connections = createConnections();
  const logins = new Map(
    configuration.destinations.map((destination) => {
      const access = destinationAccess(destination);
      return [destination.name, { access, credentials: credentialsOf(access.login, options) }] as const;
    }),
  );
  const source = endpointOf("source", sourceAccess(configuration.source), undefined, undefined);

  function endpointOf(
    side: Side,
    { login, ...access }: RegistryAccess,
    credentials: CredentialsSource | undefined,
    rate: SharedRate | undefined,
  ): Omit<Endpoint, "repository"> {
    const busy = onBusy === undefined ? {} : { onBusy };
    const traffic = createTraffic({ retryPolicies: configuration.retries, rate, ...busy });
    return { side, ...access, credentials: credentials ?? credentialsOf(login, options), connections, traffic };
  }

  return {
    source: (repository) => ({ ...source, repository }),
    destination(name, rate) {
      const known = logins.get(name);
      if (known === undefined) throw new Error(`destination ${name} is not in the configuration`);
      const endpoint = endpointOf("target", known.access, known.credentials, rate);
      return (repository) => ({ ...endpoint, repository });
    },
  };
}

function credentialsOf(login: Login, { sqs, google = {} }: RegistriesOptions): CredentialsSource {
  switch (login.kind) {
    case "anonymous":
      return fixedCredentials({ kind: "anonymous" });
    case "ecr":
      return createEcrCredentials(new ECRClient({ ...clientLimits(), region: login.region }));
    case "google": {
      const endpoints = { stsUrl: google.sts, iamCredentialsUrl: google.iamCredentials };
      return createFederatedCredentials({ ...login.federation, ...endpoints, aws: roleOf(sqs) });
    }
    case "google-key": {
      const secrets = new SecretsManagerClient({ ...clientLimits(), region: regionOf(login.secret) });
      return createKeyCredentials({ readKey: createKeyReader(secrets, login.secret), oauthUrl: google.oauth });
    }
  }
}

/** The region an ARN names (AWS General Reference, "ARN format"). */
function regionOf(arn: string): string {
  return arn.split(":")[3] ?? "";
}
