import type { Clock } from "../../async/clock.ts";
import { apiHost } from "../../oci/names/docker-hub.ts";
import type { RegistryHost, RepositoryName } from "../../oci/reference.ts";
import type { Side } from "../../oci/errors/registry-error.ts";
import type { Connections } from "../http/connections.ts";
import type { CredentialsSource } from "../credentials/credentials.ts";
import type { SharedLimits } from "../resilience/shared-limits.ts";
import type { TransferTimeouts } from "../http/transfer-timeouts.ts";

/** One repository of one registry, and how to reach it. Comes from configuration, never from a server. */
export interface Endpoint {
  readonly side: Side;
  readonly registry: RegistryHost;
  readonly repository: RepositoryName;
  /** Plain HTTP instead of HTTPS; for loopback only. */
  readonly plainHttp?: boolean;
  /** Other hosts that redirects, token realms and upload locations may name. */
  readonly allowedHosts?: readonly string[];
  /** How to allow another host, for messages: `add --allow-host HOST`. */
  readonly howToAllow?: ((host: string) => string) | undefined;
  readonly credentials: CredentialsSource;
  /** Sends Basic credentials without waiting for a challenge (RFC 7617, 2.2): only for registries known to accept that. */
  readonly preemptive?: boolean;
  /** Connection pools, shared by all repositories. Their creator closes them. */
  readonly connections: Connections;
  /** Shared by all clients of the registry; by default, each client has its own. */
  readonly limits?: SharedLimits | undefined;
  /** {@link DEFAULT_TIMEOUTS} by default. */
  readonly timeouts?: TransferTimeouts;
  /** The system clock by default; tests pass another one. */
  readonly clock?: Clock;
  /** Uniform in [0, 1), for jitter; `Math.random` by default. */
  readonly random?: () => number;
}

/** The origin of the registry's API (RFC 6454): credentials are sent only there. */
export function originOf(endpoint: Pick<Endpoint, "registry" | "plainHttp">): URL {
  return new URL(`${endpoint.plainHttp === true ? "http" : "https"}://${apiHost(endpoint.registry)}`);
}
