import { parseRepositoryName } from "../../src/oci/reference.ts";
import type { RegistryHost } from "../../src/oci/reference.ts";
import { RegistryError } from "../../src/oci/errors/registry-error.ts";
import { fixedCredentials } from "../../src/registry/credentials/credentials.ts";
import type { Credentials } from "../../src/registry/credentials/credentials.ts";
import { originOf } from "../../src/registry/client/endpoint.ts";
import { createRepositoryClient } from "../../src/registry/client/repository-client.ts";
import type { RegistryAccess } from "../registry-access/registry-access.ts";
import { CredentialsError } from "../credentials/credentials-error.ts";

/** The answer of the API's root is empty or a few bytes. */
const ANSWER_MAX_BYTES = 64 * 1024;

/**
 * Checks a login by requesting the root of the registry's API (distribution-spec, "Determining Support"), which needs no permission for
 * any repository.
 * @throws {CredentialsError} when the registry refuses the login. @throws {RegistryError} when the request fails otherwise.
 */
export async function checkLogin(
  registry: RegistryHost,
  credentials: Credentials,
  { connections, settingsOf }: RegistryAccess,
  signal: AbortSignal,
): Promise<void> {
  const { plainHttp, allowedHosts, howToAllow } = settingsOf(registry);
  const endpoint = {
    side: "source",
    registry,
    repository: parseRepositoryName("login"),
    plainHttp,
    allowedHosts,
    howToAllow,
    credentials: fixedCredentials(credentials),
    connections,
  } as const;
  const url = new URL("/v2/", originOf(endpoint));
  const scope = { repository: "", actions: "pull" } as const;
  const request = {
    operation: "get-credentials",
    subject: registry,
    method: "GET",
    url,
    accept: [200],
    scope,
  } as const;
  try {
    await createRepositoryClient(endpoint).readRetrying(request, ANSWER_MAX_BYTES, signal);
  } catch (cause) {
    if (!(cause instanceof RegistryError) || (cause.status !== 401 && cause.status !== 403)) throw cause;
    const advice = "check user and password; many registries require a token as the password";
    throw new CredentialsError(`${registry} refuses this login (${cause.problem}); ${advice}`);
  }
}
