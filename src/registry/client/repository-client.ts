import type { Clock } from "../../async/clock.ts";
import { systemClock } from "../../async/system-clock.ts";
import type { RegistryOperation } from "../../oci/errors/registry-error.ts";
import { createAuthorization } from "../auth/authorization.ts";
import { typedFailure } from "../errors/typed-failure.ts";
import { createHostGuard } from "../hosts/host-guard.ts";
import type { HostGuard } from "../hosts/host-guard.ts";
import { readWhole } from "../http/read-body.ts";
import type { RegistryResponse } from "../http/response.ts";
import type { WatchdogOptions } from "../http/stall-watchdog.ts";
import { DEFAULT_TIMEOUTS } from "../http/transfer-timeouts.ts";
import { createSecretRedactor } from "../redaction/secret-redactor.ts";
import type { RedactSecrets } from "../redaction/secret-redactor.ts";
import { withRetry } from "../resilience/retry.ts";
import { createSharedLimits } from "../resilience/shared-limits.ts";
import type { SharedLimits } from "../resilience/shared-limits.ts";
import { originOf } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import { createRateLimitedSender } from "./rate-limited-sender.ts";
import type { RegistryRequest } from "./registry-request.ts";
import { createRepositoryAddress } from "./repository-address.ts";
import type { RepositoryAddress } from "./repository-address.ts";
import { createTokenServers } from "./token-servers.ts";
import { createTransport } from "./transport.ts";

/** One repository over HTTP: what manifests, blobs, uploads and listings have in common. */
export interface RepositoryClient {
  readonly endpoint: Endpoint;
  readonly address: RepositoryAddress;
  readonly runtime: ClientRuntime;
  /** Sends a request once. */
  send(request: RegistryRequest, signal: AbortSignal): Promise<RegistryResponse>;
  /** Sends a request, and retries it after transient failures. Only for requests that can be repeated. */
  sendRetrying(request: RegistryRequest, signal: AbortSignal): Promise<RegistryResponse>;
  /** As `sendRetrying`, where reading the body is part of each try. */
  readRetrying(request: RegistryRequest, limit: number, signal: AbortSignal): Promise<ReadResponse>;
  /** Retries work of several requests, by the policy of `operation`. */
  retry<T>(operation: RegistryOperation, attempt: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** What all requests of a client share. */
export interface ClientRuntime extends WatchdogOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly limits: SharedLimits;
  readonly guard: HostGuard;
  /** Removes the secrets that were sent from a text. */
  readonly redactSecrets: RedactSecrets;
}

/** A response whose body has been read. */
export interface ReadResponse {
  readonly response: RegistryResponse;
  /** Undefined when there were more than the limit. */
  readonly bytes: Uint8Array | undefined;
}

export function createRepositoryClient(endpoint: Endpoint): RepositoryClient {
  const { side, credentials, preemptive = false, clock = systemClock, random = Math.random } = endpoint;
  const secretRedactor = createSecretRedactor();
  const { redactSecrets } = secretRedactor;
  const origin = originOf(endpoint);
  const guard = createHostGuard({ ...endpoint, origin, allowedHosts: endpoint.allowedHosts ?? [] });
  const limits = endpoint.limits ?? createSharedLimits({ clock });
  const sendLimited = createRateLimitedSender(endpoint, limits, secretRedactor);
  const servers = createTokenServers({ endpoint, guard, sendLimited, secretRedactor });
  const authorization = createAuthorization({ credentials, preemptive, servers, now: clock.now });
  const send = createTransport({ endpoint, guard, authorization, sendLimited, redactSecrets });
  const retry: RepositoryClient["retry"] = (operation, attempt, signal) =>
    withRetry(attempt, { operation, limits, clock, random, signal });
  const read = async (request: RegistryRequest, limit: number, signal: AbortSignal): Promise<ReadResponse> => {
    const response = await send(request, signal);
    const { operation, subject } = request;
    const bytes = await readWhole(response, limit).catch((error: unknown) => {
      throw typedFailure({ side, operation, subject }, error, signal, redactSecrets);
    });
    return { response, bytes };
  };
  return {
    endpoint,
    address: createRepositoryAddress(endpoint),
    runtime: { clock, random, timeouts: endpoint.timeouts ?? DEFAULT_TIMEOUTS, limits, guard, redactSecrets },
    send,
    sendRetrying: (request, signal) => retry(request.operation, () => send(request, signal), signal),
    readRetrying: (request, limit, signal) => retry(request.operation, () => read(request, limit, signal), signal),
    retry,
  };
}
