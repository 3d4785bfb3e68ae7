import type { ImageSource } from "../../src/oci/image-source.ts";
import type { ImageTarget } from "../../src/oci/image-target.ts";
import { knownHosts } from "../../src/contract/known-hosts.ts";
import { takesBasicAtOnce } from "../../src/contract/preemptive.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { Repository } from "../../src/oci/reference.ts";
import type { Side } from "../../src/oci/registry-error.ts";
import { fixedCredentials } from "../../src/registry/auth/credentials.ts";
import { createConnections } from "../../src/registry/connections.ts";
import type { Endpoint } from "../../src/registry/endpoint.ts";
import { createRegistrySource } from "../../src/registry/registry-source.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import { createTraffic } from "../../src/registry/traffic.ts";
import { dockerCredentials } from "../credentials/docker-credentials.ts";

/** Repositories as the user may read and write them; each is opened once, with the user's own credentials. */
export interface Repositories extends AsyncDisposable {
  readonly source: (repository: Repository) => Promise<ImageSource>;
  readonly target: (repository: Repository) => Promise<ImageTarget>;
  /** For what neither a source nor a target does, such as listings. */
  readonly endpoint: (side: Side, repository: Repository) => Promise<Endpoint>;
}

export interface OpenRepositories {
  readonly environment: NodeJS.ProcessEnv;
  readonly allowedHosts: readonly string[];
  /** A registry asked for less. */
  readonly onBusy?: () => void;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;

export function openRepositories({ environment, allowedHosts, onBusy }: OpenRepositories): Repositories {
  const connections = createConnections();
  const endpoint = async (side: Side, { registry, name }: Repository): Promise<Endpoint> => ({
    side,
    registry,
    repository: name,
    plainHttp: LOOPBACK.test(registry),
    allowedHosts: [...knownHosts(registry), ...allowedHosts],
    preemptive: takesBasicAtOnce(registry),
    howToAllow: (host) => `add --allow-host ${host}`,
    credentials: fixedCredentials(await dockerCredentials(`${registry}/${name}`, environment)),
    connections,
    // Behind this there is no queue but a person who waits.
    traffic: createTraffic({ retryPolicies: { preset: "patient" }, ...(onBusy === undefined ? {} : { onBusy }) }),
  });
  return {
    endpoint,
    source: once(async (repository) => createRegistrySource(await endpoint("source", repository))),
    target: once(async (repository) => createRegistryTarget(await endpoint("target", repository))),
    [Symbol.asyncDispose]: () => connections.close(),
  };
}

function once<T>(open: (repository: Repository) => Promise<T>): (repository: Repository) => Promise<T> {
  const opened = new Map<string, Promise<T>>();
  return ({ registry, name }) => {
    const key = formatReference({ registry, name });
    const found = opened.get(key) ?? open({ registry, name });
    opened.set(key, found);
    return found;
  };
}
