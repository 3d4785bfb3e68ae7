import type { ImageSource } from "../src/oci/image-source.ts";
import type { ImageTarget } from "../src/oci/image-target.ts";
import { parseRegistryHost } from "../src/oci/reference.ts";
import type { Reference } from "../src/oci/reference.ts";
import type { Side } from "../src/oci/registry-error.ts";
import { fixedCredentials } from "../src/registry/credentials.ts";
import type { Endpoint } from "../src/registry/endpoint.ts";
import { createRegistrySource } from "../src/registry/registry-source.ts";
import { createRegistryTarget } from "../src/registry/registry-target.ts";
import type { CopyOptions } from "./copy-options.ts";
import { dockerCredentials } from "./docker-credentials.ts";

export interface Registries {
  readonly source: ImageSource;
  readonly target: ImageTarget;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;

/** Hosts that well-known registries send their clients to: token servers and object stores. */
const KNOWN_HOSTS: readonly { readonly registry: RegExp; readonly hosts: readonly string[] }[] = [
  {
    registry: /^registry-1\.docker\.io$/,
    hosts: ["auth.docker.io", "production.cloudflare.docker.com", "*.r2.cloudflarestorage.com"],
  },
  { registry: /^ghcr\.io$/, hosts: ["pkg-containers.githubusercontent.com"] },
  { registry: /^quay\.io$/, hosts: ["cdn.quay.io", "cdn01.quay.io", "cdn02.quay.io", "cdn03.quay.io"] },
  { registry: /^\d{12}\.dkr\.ecr\./, hosts: ["*.s3.*.amazonaws.com", "*.s3.dualstack.*.amazonaws.com"] },
  { registry: /(?:^|\.)gcr\.io$|-docker\.pkg\.dev$/, hosts: ["storage.googleapis.com"] },
];

/** Opens both repositories with the user's own credentials. */
export async function openRegistries(
  { source, target, allowedHosts }: CopyOptions,
  connections: Endpoint["connections"],
  environment: NodeJS.ProcessEnv,
): Promise<Registries> {
  const endpoint = async (side: Side, reference: Reference): Promise<Endpoint> => {
    // Docker Hub's API lives on another host than its name.
    const registry =
      reference.registry === "docker.io" ? parseRegistryHost("registry-1.docker.io") : reference.registry;
    const known = KNOWN_HOSTS.filter((entry) => entry.registry.test(registry)).flatMap(({ hosts }) => hosts);
    const login = reference.registry === "docker.io" ? "index.docker.io" : registry;
    return {
      side,
      registry,
      repository: reference.name,
      plainHttp: LOOPBACK.test(registry),
      allowedHosts: [...known, ...allowedHosts],
      credentials: fixedCredentials(await dockerCredentials(login, environment)),
      connections,
    };
  };
  const [from, to] = await Promise.all([endpoint("source", source), endpoint("target", target)]);
  return { source: createRegistrySource(from), target: createRegistryTarget(to) };
}
