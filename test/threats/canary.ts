import type { IncomingMessage } from "node:http";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import type { ConnectionsOptions } from "../../src/registry/http/connections.ts";
import type { Credentials } from "../../src/registry/credentials/credentials.ts";
import type { Endpoint } from "../../src/registry/client/endpoint.ts";
import { createRegistrySource } from "../../src/registry/registry-source.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import type { ImageSource } from "../../src/oci/image-source.ts";
import type { ImageTarget } from "../../src/oci/image-target.ts";
import { testEndpoint } from "../fixtures/registry-client.ts";
import { scriptedServer } from "../fixtures/servers/scripted-server.ts";
import type { Got, Script } from "../fixtures/servers/scripted-server.ts";

/** A server of the attacker: no client may contact it unless it is configured to, and none may send secrets. */
export interface Canary extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly port: string;
  readonly requests: readonly Pick<IncomingMessage, "method" | "url" | "headers">[];
}

export async function startCanary(): Promise<Canary> {
  const requests: Pick<IncomingMessage, "method" | "url" | "headers">[] = [];
  const server = await startHttpServer(({ method, url, headers }, response) => {
    requests.push({ method, url, headers });
    response.writeHead(200, { "content-type": "application/json" }).end('{"token":"from-the-attacker"}');
  });
  const port = server.host.split(":")[1] ?? "";
  return { host: server.host, port, requests, [Symbol.asyncDispose]: () => server.close() };
}

/** A registry that the attacker controls, our client, and the canary. */
export interface Siege {
  readonly canary: Canary;
  readonly source: ImageSource;
  readonly target: ImageTarget;
  /** Requests that the registry received. */
  readonly got: readonly Got[];
  readonly endpoint: Endpoint;
}

export interface SiegeOptions {
  readonly script: (canary: Canary) => Script;
  readonly credentials?: Credentials;
  readonly allowedHosts?: (canary: Canary) => readonly string[];
  readonly connections?: ConnectionsOptions;
  readonly howToAllow?: Endpoint["howToAllow"];
}

export const SECRET: Credentials = { kind: "basic", username: "AWS", password: "the-secret-password" };

/** Runs an attack against our source and our target. */
export async function besieged<T>(
  { script, credentials = SECRET, allowedHosts = () => [], connections: how, howToAllow }: SiegeOptions,
  act: (siege: Siege) => Promise<T>,
): Promise<T> {
  await using canary = await startCanary();
  await using registry = await scriptedServer(script(canary));
  await using connections = createConnections(how);
  const place = { host: registry.host, repository: "a", credentials, allowedHosts: allowedHosts(canary) };
  const endpoint: Endpoint = { ...testEndpoint(place, connections), howToAllow };
  return await act({
    canary,
    source: createRegistrySource(endpoint),
    target: createRegistryTarget({ ...endpoint, side: "target" }),
    got: registry.got,
    endpoint,
  });
}

/** The error of an attempt. @throws when the attempt succeeds. */
export async function failureOf(attempt: Promise<unknown>): Promise<Error> {
  const outcome: unknown = await attempt.then(
    (value) => new Error(`succeeded with ${JSON.stringify(value)}`, { cause: "success" }),
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new TypeError("failures are errors");
  if (outcome.cause === "success") throw outcome;
  return outcome;
}

/** The whole text of an error and of its causes. */
export function saidBy(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = `${error.name} ${error.message} ${error.stack ?? ""} ${JSON.stringify(error)}`;
  return error.cause === undefined ? own : `${own} ${saidBy(error.cause)}`;
}
