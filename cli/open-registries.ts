import type { ImageSource } from "../src/oci/image-source.ts";
import type { ImageTarget } from "../src/oci/image-target.ts";
import { kindOfHost, PROVIDERS } from "../src/contract/providers.ts";
import { parseRegistryHost } from "../src/oci/reference.ts";
import type { Reference } from "../src/oci/reference.ts";
import type { Side } from "../src/oci/registry-error.ts";
import { fixedCredentials } from "../src/registry/auth/credentials.ts";
import type { Endpoint } from "../src/registry/endpoint.ts";
import { createRegistrySource } from "../src/registry/registry-source.ts";
import { createRegistryTarget } from "../src/registry/registry-target.ts";
import { createTraffic } from "../src/registry/traffic.ts";
import type { CopyOptions } from "./copy-options.ts";
import { dockerCredentials } from "./docker-credentials.ts";

export interface Registries {
  readonly source: ImageSource;
  readonly target: ImageTarget;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;

/** Hosts that public registries send their clients to: token servers and object stores. */
const PUBLIC_HOSTS: Readonly<Record<string, readonly string[]>> = {
  "registry-1.docker.io": ["auth.docker.io", "production.cloudflare.docker.com", "*.r2.cloudflarestorage.com"],
  "ghcr.io": ["pkg-containers.githubusercontent.com"],
  "quay.io": ["cdn.quay.io", "cdn01.quay.io", "cdn02.quay.io", "cdn03.quay.io"],
};

/** Opens both repositories with the user's own credentials. */
export async function openRegistries(
  { source, target, allowedHosts }: CopyOptions,
  connections: Endpoint["connections"],
  { environment, onBusy }: { readonly environment: NodeJS.ProcessEnv; readonly onBusy: () => void },
): Promise<Registries> {
  const endpoint = async (side: Side, reference: Reference): Promise<Endpoint> => {
    // Docker Hub's API lives on another host than its name.
    const registry =
      reference.registry === "docker.io" ? parseRegistryHost("registry-1.docker.io") : reference.registry;
    const known = [...PROVIDERS[kindOfHost(registry)].usualHosts, ...(PUBLIC_HOSTS[registry] ?? [])];
    const login = reference.registry === "docker.io" ? "index.docker.io" : registry;
    return {
      side,
      registry,
      repository: reference.name,
      plainHttp: LOOPBACK.test(registry),
      allowedHosts: [...known, ...allowedHosts],
      credentials: fixedCredentials(await dockerCredentials(login, environment)),
      connections,
      // Behind this there is no queue but a person who waits.
      traffic: createTraffic({ retryPolicies: { preset: "patient" }, onBusy }),
    };
  };
  const [from, to] = await Promise.all([endpoint("source", source), endpoint("target", target)]);
  return { source: createRegistrySource(from), target: createRegistryTarget(to) };
}
