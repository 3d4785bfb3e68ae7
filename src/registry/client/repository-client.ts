import type { Clock } from "../../async/clock.ts";
import { formatReference } from "../../oci/reference.ts";
import type { RegistryOperation } from "../../oci/errors/registry-error.ts";
import { readWhole } from "../http/response.ts";
import type { Answer } from "../http/response.ts";
import type { Scope } from "../auth/scope.ts";
import { createSecrets } from "../redaction/secrets.ts";
import type { Cut } from "../redaction/secrets.ts";
import { createAuthorization } from "../auth/authorization.ts";
import { createDispatch } from "./dispatch.ts";
import { originOf } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import type { RegistryRequest } from "./send-once.ts";
import { typedFailure } from "../errors/typed-failure.ts";
import type { Occasion } from "../errors/typed-failure.ts";
import { createHostGuard } from "../hosts/host-guard.ts";
import type { HostGuard } from "../hosts/host-guard.ts";
import { withRetry } from "../resilience/retry.ts";
import type { Retry } from "../resilience/retry.ts";
import { systemClock } from "../../async/system-clock.ts";
import { createTokenServers } from "./token-servers.ts";
import { createTraffic } from "../resilience/shared-limits.ts";
import type { Traffic } from "../resilience/shared-limits.ts";
import { createTransport } from "./transport.ts";
import { PATIENCE } from "../http/stall-watchdog.ts";
import type { Patience } from "../http/stall-watchdog.ts";

/** One repository over HTTP: what manifests, blobs, uploads and listings have in common. */
export interface RepositoryClient {
  readonly endpoint: Endpoint;
  readonly guard: HostGuard;
  readonly clock: Clock;
  readonly random: () => number;
  readonly patience: Patience;
  /** Texts without the secrets that were sent. */
  readonly cut: Cut;
  /** `https://registry/v2/<name>/<path>`. */
  url(path: string): URL;
  /** `registry/repository:tag` or `registry/repository@digest`, for messages. */
  subject(reference: string): string;
  /** What a failure of an operation on a tag or digest has in common with others of it. */
  occasion(operation: RegistryOperation, reference: string): Occasion;
  scope(actions: Scope["actions"], from?: string): Scope;
  /** Sends once. */
  send(request: RegistryRequest, signal: AbortSignal): Promise<Answer>;
  readonly traffic: Traffic;
  /** Sends again after failures that pass; only for requests that can be repeated. Reads are hedged. */
  sendRetrying(request: RegistryRequest, signal: AbortSignal): Promise<Answer>;
  /** As `sendRetrying`, and reads the answer as part of each try; its bytes are undefined when there are more than `limit`. */
  readRetrying(request: RegistryRequest, limit: number, signal: AbortSignal): Promise<WholeAnswer>;
}

/** An answer that has been read. */
export interface WholeAnswer {
  readonly answer: Answer;
  readonly bytes: Uint8Array | undefined;
}

export function createRepositoryClient(endpoint: Endpoint): RepositoryClient {
  const origin = originOf(endpoint);
  const clock = endpoint.clock ?? systemClock;
  const random = endpoint.random ?? Math.random;
  const secrets = createSecrets();
  const guard = createHostGuard({ ...endpoint, origin, allowedHosts: endpoint.allowedHosts ?? [] });
  const traffic = endpoint.traffic ?? createTraffic({ clock });
  const dispatch = createDispatch(endpoint, traffic, secrets);
  const servers = createTokenServers({ endpoint, guard, dispatch, secrets });
  const { credentials, preemptive = false } = endpoint;
  const authorization = createAuthorization({ credentials, preemptive, servers, now: clock.now });
  const send = createTransport({ endpoint, guard, authorization, dispatch, cut: secrets.cut });
  const retry = ({ operation }: RegistryRequest, signal: AbortSignal): Retry => ({
    operation,
    traffic,
    clock,
    random,
    signal,
  });
  const read = async (request: RegistryRequest, limit: number, signal: AbortSignal): Promise<WholeAnswer> => {
    const answer = await send(request, signal);
    const { operation, subject } = request;
    const bytes = await readWhole(answer, limit).catch((error: unknown) => {
      throw typedFailure({ side: endpoint.side, operation, subject }, error, signal, secrets.cut);
    });
    return { answer, bytes };
  };
  const prefix = formatReference({ registry: endpoint.registry, name: endpoint.repository });
  const subject = (reference: string): string => `${prefix}${reference.includes(":") ? "@" : ":"}${reference}`;
  return {
    endpoint,
    guard,
    clock,
    random,
    patience: endpoint.patience ?? PATIENCE,
    cut: secrets.cut,
    url: (path) => new URL(`/v2/${endpoint.repository}/${path}`, origin),
    subject,
    occasion: (operation, reference) => ({ side: endpoint.side, operation, subject: subject(reference) }),
    // Quay and GitHub create a repository for a token that may push, and say nothing about it to any other.
    scope: (actions, from) => ({
      repository: endpoint.repository,
      actions: endpoint.side === "target" && actions === "pull" ? "pull,push" : actions,
      from,
    }),
    traffic,
    send,
    sendRetrying: (request, signal) => withRetry(() => send(request, signal), retry(request, signal)),
    readRetrying: (request, limit, signal) => withRetry(() => read(request, limit, signal), retry(request, signal)),
  };
}
