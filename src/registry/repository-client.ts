import { formatReference } from "../oci/reference.ts";
import type { Answer } from "./answer.ts";
import type { Scope } from "./authorization.ts";
import { createAuthorization } from "./authorization.ts";
import { originOf } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import type { RegistryRequest } from "./exchange.ts";
import { createHostGuard } from "./host-guard.ts";
import type { HostGuard } from "./host-guard.ts";
import { withRetry } from "./retry.ts";
import { createTokenFetcher } from "./token-server.ts";
import { createTransport } from "./transport.ts";
import { PATIENCE } from "./watchdog.ts";
import type { Patience } from "./watchdog.ts";

/** One repository over HTTP: what manifests, blobs, uploads and listings have in common. */
export interface RepositoryClient {
  readonly endpoint: Endpoint;
  readonly guard: HostGuard;
  readonly now: () => number;
  readonly random: () => number;
  readonly patience: Patience;
  /** `https://registry/v2/<name>/<path>`. */
  url(path: string): URL;
  /** `registry/repository:tag` or `registry/repository@digest`, for messages. */
  subject(reference: string): string;
  scope(actions: Scope["actions"], from?: string): Scope;
  /** Sends once. */
  send(request: RegistryRequest, signal: AbortSignal): Promise<Answer>;
  /** Sends again after transient failures; only for requests that can be repeated. */
  sendRetrying(request: RegistryRequest, signal: AbortSignal): Promise<Answer>;
}

export function createRepositoryClient(endpoint: Endpoint): RepositoryClient {
  const origin = originOf(endpoint);
  const now = endpoint.now ?? Date.now;
  const random = endpoint.random ?? Math.random;
  const guard = createHostGuard({ origin, allowedHosts: endpoint.allowedHosts ?? [] });
  const fetchToken = createTokenFetcher(endpoint, guard);
  const authorization = createAuthorization({ credentials: endpoint.credentials, fetchToken, now });
  const send = createTransport({ endpoint, guard, authorization });
  const prefix = formatReference({ registry: endpoint.registry, name: endpoint.repository });
  return {
    endpoint,
    guard,
    now,
    random,
    patience: endpoint.patience ?? PATIENCE,
    url: (path) => new URL(`/v2/${endpoint.repository}/${path}`, origin),
    subject: (reference) => `${prefix}${reference.includes(":") ? "@" : ":"}${reference}`,
    scope: (actions, from) => ({ repository: endpoint.repository, actions, from }),
    send,
    sendRetrying: (request, signal) => withRetry(() => send(request, signal), { random, signal }),
  };
}
