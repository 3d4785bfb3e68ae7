import type { ImageSource } from "../../src/oci/image-source.ts";
import type { ImageTarget } from "../../src/oci/image-target.ts";
import { knownHosts } from "../../src/contract/known-hosts.ts";
import { takesBasicAtOnce } from "../../src/contract/preemptive.ts";
import type { Reference } from "../../src/oci/reference.ts";
import type { Side } from "../../src/oci/registry-error.ts";
import { fixedCredentials } from "../../src/registry/auth/credentials.ts";
import type { Endpoint } from "../../src/registry/endpoint.ts";
import { createRegistrySource } from "../../src/registry/registry-source.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import { createTraffic } from "../../src/registry/traffic.ts";
import type { CopyOptions } from "./copy-options.ts";
import { dockerCredentials } from "../credentials/docker-credentials.ts";

export interface Registries {
  readonly source: ImageSource;
  readonly target: ImageTarget;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;

/** Opens both repositories with the user's own credentials. */
export async function openRegistries(
  { source, target, allowedHosts }: CopyOptions,
  connections: Endpoint["connections"],
  { environment, onBusy }: { readonly environment: NodeJS.ProcessEnv; readonly onBusy: () => void },
): Promise<Registries> {
  const endpoint = async (side: Side, reference: Reference): Promise<Endpoint> => {
    const { registry } = reference;
    return {
      side,
      registry,
      repository: reference.name,
      plainHttp: LOOPBACK.test(registry),
      allowedHosts: [...knownHosts(registry), ...allowedHosts],
      preemptive: takesBasicAtOnce(registry),
      howToAllow: (host) => `add --allow-host ${host}`,
      credentials: fixedCredentials(await dockerCredentials(`${registry}/${reference.name}`, environment)),
      connections,
      // Behind this there is no queue but a person who waits.
      traffic: createTraffic({ retryPolicies: { preset: "patient" }, onBusy }),
    };
  };
  const [from, to] = await Promise.all([endpoint("source", source), endpoint("target", target)]);
  return { source: createRegistrySource(from), target: createRegistryTarget(to) };
}
