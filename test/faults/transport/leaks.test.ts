import { randomBytes } from "node:crypto";
import { getEventListeners } from "node:events";
import type { ServerResponse } from "node:http";
import { readdirSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { startHttpServer } from "../../../src/loopback/http-server.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { createRegistrySource } from "../../../src/registry/registry-source.ts";
import { createRegistryTarget } from "../../../src/registry/registry-target.ts";
import { createSharedLimits } from "../../../src/registry/resilience/shared-limits.ts";
import { concurrently } from "../../../src/async/run-concurrently.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";
import { seeded } from "../../fixtures/seeded.ts";

const TRANSFERS = 3_000;
const AT_ONCE = 50;
/** Turns of the event loop that closing may take. */
const TURNS = 100_000;
const body = randomBytes(20_000);
const blob = { mediaType: "application/octet-stream", digest: digestOf(body), size: body.byteLength };

/** Faults of the server, which strike half of the requests. */
const TRICKS: readonly ((response: ServerResponse, good: () => void) => void)[] = [
  (response) => void response.socket?.resetAndDestroy(),
  (response) => void response.writeHead(500).end("x".repeat(30_000)),
  (response) => void response.writeHead(404).end("not here"),
  (response) => void response.writeHead(429).end(),
  (response) => void response.socket?.end("no HTTP\r\n\r\n"),
  (response) => {
    response.writeHead(200, { "content-length": body.byteLength });
    response.write(body.subarray(0, 9_000), () => response.socket?.resetAndDestroy());
  },
  (response) => void response.writeHead(200).end(Buffer.concat([body, body])),
  (response) => void response.writeHead(307, { location: "http://evil.test/" }).end(),
];

interface Held {
  readonly sockets: number;
  readonly descriptors: number;
  readonly timers: number;
  readonly listeners: number;
}

/** Open resources of this process. */
function held(signal: AbortSignal): Held {
  const resources = process.getActiveResourcesInfo();
  return {
    sockets: resources.filter((name) => name === "TCPSocketWrap").length,
    descriptors: readdirSync("/proc/self/fd").length,
    timers: resources.filter((name) => name === "Timeout").length,
    listeners: getEventListeners(signal, "abort").length,
  };
}

/** Kinds of resources that have increased; one descriptor and one timer may be the test runner's own. */
function leaks(before: Held, after: Held): string[] {
  const more = { sockets: 0, descriptors: 1, timers: 1, listeners: 0 } as const satisfies Held;
  const kinds = ["sockets", "descriptors", "timers", "listeners"] as const;
  return kinds.filter((kind) => after[kind] > before[kind] + more[kind]);
}

describe("three thousand transfers, every second one spoiled", () => {
  it("leave no socket, descriptor, timer or listener behind", async () => {
    const random = seeded(20_261_121);
    const trick = (response: ServerResponse, good: () => void): void => {
      const act = random() < 0.5 ? undefined : TRICKS[Math.floor(random() * TRICKS.length)];
      if (act === undefined) good();
      else act(response, good);
    };
    const server = await startHttpServer((request, response) => {
      request.on("error", () => undefined).resume();
      trick(response, () => {
        if (request.method === "GET")
          return void response.writeHead(200, { "content-length": body.byteLength }).end(body);
        if (request.method === "POST") return void response.writeHead(202, { location: "/upload" }).end();
        request.on("end", () => response.writeHead(request.method === "PUT" ? 201 : 404).end());
      });
    });
    // As long-lived as the signal of an invocation: every request listens to it.
    const { signal } = new AbortController();
    const before = held(signal);
    const limits = createSharedLimits({ retryPolicies: { preset: "off" }, hedging: false });
    await using connections = createConnections();
    const endpoint = { ...testEndpoint({ host: server.host, repository: "a" }, connections), limits };
    const source = createRegistrySource(endpoint);
    const target = createRegistryTarget({ ...endpoint, side: "target" });
    const transfer = async (): Promise<string> => {
      const open = () => source.openBlob(blob, signal);
      return target.pushBlob(blob, { open }, signal).then(
        ({ kind }) => kind,
        () => "failed",
      );
    };
    const outcomes = new Map<string, number>();
    await concurrently(
      Array.from({ length: TRANSFERS }, (_, index) => index),
      AT_ONCE,
      async () => {
        const outcome = await transfer();
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      },
      signal,
    );
    expect(outcomes.get("failed")).toBeGreaterThan(TRANSFERS / 3);
    expect(outcomes.get("uploaded")).toBeGreaterThan(TRANSFERS / 100);
    expect([limits.openStreams.size, getEventListeners(signal, "abort").length]).toEqual([0, before.listeners]);
    await connections.close();
    await server.close();
    // Closed resources disappear within a few turns of the event loop; leaked ones never do.
    for (let turns = 0; turns < TURNS && leaks(before, held(signal)).length > 0; turns++) await turn();
    expect(leaks(before, held(signal))).toEqual([]);
  }, 600_000);
});
