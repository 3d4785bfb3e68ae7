import { knownHosts } from "../../src/contract/providers/known-hosts.ts";
import { isDockerHub } from "../../src/oci/names/docker-hub.ts";
import { isLoopback } from "../../src/oci/names/loopback.ts";
import type { AccessOptions } from "./access-options.ts";
import type { RegistryEntry } from "./parse-registries.ts";
import { registryKey } from "./registry-key.ts";

/** How to reach one registry: the combination of options, registries file and known hosts. */
export interface RegistrySettings {
  readonly plainHttp: boolean;
  readonly allowedHosts: readonly string[];
  readonly howToAllow: (host: string) => string;
  readonly requestsPerSecond: number | undefined;
}

/**
 * The settings of each registry. Plain HTTP is used for loopback, for registries whose entry asks for it, and with `--plain-http`; the
 * option excludes public registries, so that their logins are never sent unencrypted.
 */
export function createRegistrySettings(
  { allowedHosts, plainHttp = false }: AccessOptions,
  entries: ReadonlyMap<string, RegistryEntry> = new Map(),
): (registry: string) => RegistrySettings {
  return (registry) => {
    const entry = entries.get(registryKey(registry));
    const known = knownHosts(registry);
    const isPublic = isDockerHub(registry) || known.length > 0;
    return {
      plainHttp: entry?.plainHttp ?? (isLoopback(registry) || (plainHttp && !isPublic)),
      allowedHosts: [...known, ...(entry?.allowHosts ?? []), ...allowedHosts],
      howToAllow: (host) => `add --allow-host ${host}, or the host to allowHosts of ${registry} in the registries file`,
      requestsPerSecond: entry?.requestsPerSecond,
    };
  };
}
