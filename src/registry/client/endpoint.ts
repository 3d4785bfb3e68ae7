import type { Clock } from "../../async/clock.ts";
import { apiHost } from "../../oci/names/docker-hub.ts";
import type { RegistryHost, RepositoryName } from "../../oci/reference.ts";
import type { Side } from "../../oci/errors/registry-error.ts";
import type { Connections } from "../http/connections.ts";
import type { CredentialsSource } from "../auth/credentials.ts";
import type { SharedLimits } from "../resilience/shared-limits.ts";
import type { TransferTimeouts } from "../http/transfer-timeouts.ts";

/** One repository of one registry, and all it takes to talk to it. Comes from configuration, never from a server. */
export interface Endpoint {
  readonly side: Side;
  readonly registry: RegistryHost;
  readonly repository: RepositoryName;
  /** Plain HTTP instead of HTTPS; for loopback only. */
  readonly plainHttp?: boolean;
  /** Hosts beside the registry that redirects, token realms and upload locations may name. */
  readonly allowedHosts?: readonly string[];
  /** What a person does to allow another host, for messages: `add --allow-host HOST`. */
  readonly howToAllow?: ((host: string) => string) | undefined;
  readonly credentials: CredentialsSource;
  /** Basic credentials are sent before the registry asks for them (RFC 7617, 2.2): where it is known to take them so. */
  readonly preemptive?: boolean;
  /** Connection pools, shared by all repositories; its owner closes it. */
  readonly connections: Connections;
  /** Shared by all repositories of the registry; their own when not given. */
  readonly limits?: SharedLimits | undefined;
  /** When a transfer has stalled; {@link PATIENCE} when not given. */
  readonly timeouts?: TransferTimeouts;
  /** The system's, outside of tests. */
  readonly clock?: Clock;
  /** Uniform in [0, 1), for jitter; `Math.random` outside of tests. */
  readonly random?: () => number;
}

/** The origin that answers for the registry (RFC 6454): credentials are bound to it. */
export function originOf(endpoint: Pick<Endpoint, "registry" | "plainHttp">): URL {
  return new URL(`${endpoint.plainHttp === true ? "http" : "https"}://${apiHost(endpoint.registry)}`);
}
