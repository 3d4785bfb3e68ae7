import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { createConnections, MAX_RANGES_AHEAD } from "../../../src/registry/http/connections.ts";
import { createRegistrySource } from "../../../src/registry/registry-source.ts";
import { createSharedLimits } from "../../../src/registry/resilience/shared-limits.ts";
import type { SharedLimits } from "../../../src/registry/resilience/shared-limits.ts";
import { systemClock } from "../../../src/async/system-clock.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import type { Got, Script } from "../../fixtures/servers/scripted-server.ts";

const MIB = 1024 * 1024;
const body = randomBytes(40 * MIB);
const blob: Descriptor = { mediaType: "application/octet-stream", digest: digestOf(body), size: body.byteLength };
const signal = AbortSignal.timeout(600_000);

interface Line {
  /** Bytes per millisecond of each connection. */
  readonly rate: number;
  readonly ranges?: boolean;
  /** Requests whose connection breaks in the middle. */
  readonly breaks?: (count: number) => boolean;
}

/** A registry that limits the throughput of each connection. */
function capped({ rate, ranges = true, breaks = () => false }: Line): Script {
  return async ({ headers }, response, count) => {
    const range = /^bytes=(\d+)-(\d*)$/.exec(ranges ? (headers.range ?? "") : "");
    const start = Number(range?.[1] ?? 0);
    const end = range === null || range[2] === "" ? body.byteLength : Number(range[2]) + 1;
    response.writeHead(range === null ? 200 : 206, {
      "content-length": end - start,
      ...(range === null ? {} : { "content-range": `bytes ${start}-${end - 1}/${body.byteLength}` }),
    });
    const broken = breaks(count) ? start + Math.floor((end - start) / 2) : end;
    await drip(response, body.subarray(start, broken), rate);
    if (broken < end) response.socket?.resetAndDestroy();
    else response.end();
  };
}

async function drip(response: ServerResponse, bytes: Uint8Array, rate: number): Promise<void> {
  const step = rate * 10;
  for (let at = 0; at < bytes.byteLength && !response.destroyed; at += step) {
    response.write(bytes.subarray(at, at + step));
    await sleep(10);
  }
}

async function read(
  line: Line,
  limits: SharedLimits = createSharedLimits({ hedging: false }),
  now: () => number = Date.now,
): Promise<readonly Got[]> {
  await using server = await scriptedServer(capped(line));
  await using connections = createConnections();
  const free = (): number =>
    Array.from({ length: 20 }, () => connections.readAhead.tryAcquire()).filter(Boolean).length;
  const source = createRegistrySource({
    ...testEndpoint({ host: server.host, repository: "a" }, connections),
    limits,
    clock: { ...systemClock, now },
  });
  await using stream = await source.openBlob(blob, signal);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  expect(Buffer.compare(Buffer.concat(chunks), body)).toBe(0);
  expect(free()).toBe(MAX_RANGES_AHEAD);
  return server.got;
}

const rangesOf = (got: readonly Got[]): number => got.filter(({ headers }) => headers.range !== undefined).length;

describe("a blob whose source caps each connection", () => {
  it("is read in several ranges ahead, in order, and holds no memory afterwards", async () => {
    const limits = createSharedLimits({ hedging: false });
    expect(rangesOf(await read({ rate: 12_000 }, limits))).toBeGreaterThan(4);
    expect(limits.openStreams.size).toBe(0);
  });

  it("is read in one piece when one connection is fast enough", async () => {
    // On a clock that stands still, every connection is.
    expect(rangesOf(await read({ rate: 2_000_000 }, undefined, () => 0))).toBe(0);
  });

  it("is whole also when ranges break", async () => {
    expect(rangesOf(await read({ rate: 12_000, breaks: (count) => count === 2 || count === 4 }))).toBeGreaterThan(5);
  });

  it("is read in one piece when the registry does not support ranges", async () => {
    const got = await read({ rate: 12_000, ranges: false });
    expect(got.length).toBeLessThanOrEqual(6);
  });

  it("is read in one piece while many others share the bandwidth", async () => {
    const limits = createSharedLimits({ hedging: false });
    for (let others = 0; others < 2; others++) limits.openStreams.add({});
    expect(rangesOf(await read({ rate: 40_000 }, limits))).toBe(0);
  });
});
