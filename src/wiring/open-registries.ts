import type { SQSClient } from "@aws-sdk/client-sqs";
import { ECRClient } from "@aws-sdk/client-ecr";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { clientLimits } from "../aws/client/client-limits.ts";
import { createEcrCredentials } from "../aws/ecr/ecr-credentials.ts";
import { createEcrRepositories } from "../aws/ecr/ecr-repositories.ts";
import { roleCredentialsOf } from "../aws/client/role-credentials.ts";
import { createLoginSecretReader } from "../aws/secrets/login-secret.ts";
import { createStoredCredentials } from "../aws/secrets/stored-credentials.ts";
import type { Configuration } from "../contract/configuration/configuration.ts";
import type { GoogleEndpoints } from "../contract/stack/environment.ts";
import type { Creation, Login, StoredSecret } from "../contract/providers/provider.ts";
import { createFederatedCredentials } from "../google/federated-credentials.ts";
import { createKeyCredentials } from "../google/key-credentials.ts";
import type { RegistryHost } from "../oci/reference.ts";
import { createConnections } from "../registry/http/connections.ts";
import type { Connections } from "../registry/http/connections.ts";
import { fixedCredentials } from "../registry/credentials/credentials.ts";
import type { Credentials, CredentialsSource } from "../registry/credentials/credentials.ts";
import { createRegistries } from "./registries.ts";
import type { CreateNamedRepository, Registries } from "./registries.ts";

/** The login of a person at a registry; undefined: none is stored. */
export type UserLogin = (registry: RegistryHost, signal: AbortSignal) => Promise<Credentials | undefined>;

/** The identity of a process. */
export interface OpenRegistriesOptions {
  /** How to reach a service of AWS; an emulator, for a person who looks at a local stack. Absent: as the variables of the process say. */
  readonly aws?: ((service: string) => object) | undefined;
  /** The caller closes them; absent: they live as long as the process. */
  readonly connections?: Connections | undefined;
  /** Logins of a person, which come before the ways of the process. Absent: there are none. */
  readonly userLogin?: UserLogin | undefined;
  /** Any AWS client of the process: Google trusts its role. */
  readonly sqs: SQSClient;
  /** Set only where a local server emulates Google's services. */
  readonly google?: GoogleEndpoints | undefined;
  /** Called when a registry asks for fewer requests. */
  readonly onBusy?: (() => void) | undefined;
}

/**
 * Opens the registries of configurations over the network, with credentials for the identity of the process. Create it once per process:
 * connections and credentials outlive a reload of the configuration.
 */
export function openRegistries(options: OpenRegistriesOptions): (configuration: Configuration) => Registries {
  const { connections = createConnections(), userLogin } = options;
  const known = new Map<string, CredentialsSource>();
  const credentials = (login: Login, registry: RegistryHost): CredentialsSource => {
    const key = JSON.stringify(userLogin === undefined ? [login] : [login, registry]);
    const source = known.get(key) ?? userFirst(registry, credentialsOf(login, options), userLogin);
    known.set(key, source);
    return source;
  };
  const createRepository = ({ account, region }: Creation): CreateNamedRepository =>
    createEcrRepositories(new ECRClient({ ...clientLimits(), region, ...options.aws?.("ECR") }), account);
  const lasting = { connections, credentials, createRepository, onBusy: options.onBusy };
  return (configuration) => createRegistries({ configuration, ...lasting });
}

/** The login of a person if there is one. Once it is refused, the way of the process is tried. */
function userFirst(registry: RegistryHost, own: CredentialsSource, user: UserLogin | undefined): CredentialsSource {
  if (user === undefined) return own;
  return async (signal, refused) =>
    (refused === undefined ? await user(registry, signal) : undefined) ?? (await own(signal, refused));
}

function credentialsOf(login: Login, { sqs, google = {}, aws = none }: OpenRegistriesOptions): CredentialsSource {
  switch (login.kind) {
    case "anonymous":
      return fixedCredentials({ kind: "anonymous" });
    case "ecr":
      return createEcrCredentials(new ECRClient({ ...clientLimits(), region: login.region, ...aws("ECR") }));
    case "google": {
      const endpoints = { stsUrl: google.sts, iamCredentialsUrl: google.iamCredentials };
      return createFederatedCredentials({ ...login.federation, ...endpoints, aws: roleCredentialsOf(sqs) });
    }
    case "google-key":
      return createKeyCredentials({ readKey: readerOf(login.secret, aws), oauthUrl: google.oauth });
    case "stored":
      return createStoredCredentials({ arn: login.secret.arn, read: readerOf(login.secret, aws) });
  }
}

const none = (): object => ({});

function readerOf(
  { arn }: StoredSecret,
  aws: NonNullable<OpenRegistriesOptions["aws"]>,
): (signal: AbortSignal) => Promise<string> {
  return createLoginSecretReader(
    new SecretsManagerClient({ ...clientLimits(), region: regionOf(arn), ...aws("SECRETS_MANAGER") }),
    arn,
  );
}

/** The region of an ARN (AWS General Reference, "ARN format"). */
function regionOf(arn: string): string {
  return arn.split(":")[3] ?? "";
}
