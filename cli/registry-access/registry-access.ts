import { apiHost } from "../../src/oci/names/docker-hub.ts";
import { hostPattern } from "../../src/oci/names/host-pattern.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import type { Connections } from "../../src/registry/http/connections.ts";
import { ProxyError, proxySettings } from "../../src/registry/hosts/proxy.ts";
import { UsageError } from "../errors/usage-error.ts";
import type { AccessOptions } from "./access-options.ts";
import { readCertificates, readTrustedCertificates, withExtraCertificates } from "./certificates.ts";
import type { RegistryEntry } from "./parse-registries.ts";
import { readRegistriesFile } from "./registries-file.ts";
import { createRegistrySettings } from "./registry-settings.ts";
import type { RegistrySettings } from "./registry-settings.ts";
import { limitYoungGeneration } from "./young-generation.ts";

/** Settings and connections that one command uses to reach registries. */
export interface RegistryAccess {
  readonly settingsOf: (registry: string) => RegistrySettings;
  /** The caller of {@link openRegistryAccess} closes them. */
  readonly connections: Connections;
}

/** Reads options, files and environment variables. @throws {UsageError} saying what is wrong and where. */
export async function openRegistryAccess(
  options: AccessOptions,
  environment: NodeJS.ProcessEnv,
): Promise<RegistryAccess> {
  const entries = await readRegistriesFile(options.registriesFile, environment);
  const ca = await readTrustedCertificates(options.caFile, environment);
  const caOf = await readTrustByHost(entries, ca);
  limitYoungGeneration();
  return {
    settingsOf: createRegistrySettings(options, entries),
    connections: createConnections({ ca, caOf, proxies: readProxies(environment) }),
  };
}

function readProxies(environment: NodeJS.ProcessEnv): ReturnType<typeof proxySettings> {
  try {
    return proxySettings(environment);
  } catch (cause) {
    if (cause instanceof ProxyError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

/** Certificates of a registry's entry are trusted for the registry and for the hosts that the entry allows. */
async function readTrustByHost(
  entries: ReadonlyMap<string, RegistryEntry>,
  usual: readonly string[] | undefined,
): Promise<(origin: URL) => readonly string[] | undefined> {
  const own: { readonly hosts: readonly RegExp[]; readonly ca: readonly string[] }[] = [];
  for (const [registry, { caFile, allowHosts = [] }] of entries) {
    if (caFile === undefined) continue;
    const more = await readCertificates(caFile, `caFile of ${registry}`);
    const hosts = [apiHost(registry), ...allowHosts].map(hostPattern);
    own.push({ hosts, ca: withExtraCertificates(usual, more) });
  }
  return ({ host }) => own.find(({ hosts }) => hosts.some((pattern) => pattern.test(host)))?.ca;
}
