import { describe, expect, it } from "vitest";
import { blobOf } from "../../../local/images/image-content.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import type { BlobStream } from "../../../src/oci/image-source.ts";
import type { ImageTarget } from "../../../src/oci/image-target.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { RateExceededError } from "../../../src/oci/errors/rate-exceeded-error.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import { createRegistryTarget } from "../../../src/registry/registry-target.ts";
import { createSharedLimits } from "../../../src/registry/resilience/shared-limits.ts";
import type { SharedRate } from "../../../src/registry/resilience/shared-limits.ts";
import { createCircuitBreaker } from "../../../src/replication/destination/circuit-breaker.ts";
import type { CallOutcome } from "../../../src/replication/destination/buffered-counts.ts";
import { circuitPolicy } from "../../../src/replication/destination/circuit-policy.ts";
import type { CircuitRecord } from "../../../src/replication/destination/circuit.ts";
import { failureOutcome } from "../../../src/replication/copy/failure-outcome.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { createRateLimit } from "../../../src/replication/destination/rate-limiter.ts";
import type { RateRecord } from "../../../src/replication/destination/rate-record.ts";
import { cutRate } from "../../../src/replication/destination/rate-record.ts";
import { observedTarget } from "../../../src/replication/destination/observed-target.ts";
import { CIRCUIT } from "../../../src/contract/stack/limits.ts";
import { playedLine } from "../../fixtures/servers/played-line.ts";
import type { PlayedAnswer } from "../../fixtures/servers/played-line.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";
import { NEVER } from "../../../src/async/abort.ts";
import type { HttpRequest } from "../../../src/registry/http/http-message.ts";

const never = new AbortController().signal;
const tag = parseTag("v1");
const blob = blobOf(new TextEncoder().encode("one layer"), "application/octet-stream");
const bytes = new TextEncoder().encode(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: { mediaType: MediaType.ociEmpty, digest: digestOf(new Uint8Array()), size: 0 },
    layers: [],
  }),
);
const manifest = { mediaType: MediaType.ociManifest, digest: digestOf(bytes), bytes };
const open = (): Promise<BlobStream> => {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (const piece of blob.read()) yield await Promise.resolve(piece);
  }
  return Promise.resolve({ [Symbol.asyncIterator]: pieces, [Symbol.asyncDispose]: () => Promise.resolve() });
};

/** Accepts every request. */
const accept = ({ method }: HttpRequest): PlayedAnswer => {
  if (method === "POST") return { status: 202, headers: { location: "/v2/a/b/blobs/uploads/1" } };
  return { status: method === "PUT" ? 201 : 404 };
};

/** The real client, its circuit, and a rate of the test's. */
function setUp(rate: SharedRate, answer: Parameters<typeof playedLine>[0] = accept) {
  const line = playedLine(answer);
  const { clock, connections } = line;
  const noted: CallOutcome[] = [];
  const limits = createSharedLimits({ rate, clock });
  const endpoint = { ...testEndpoint({ host: "registry.test", repository: "a/b", side: "target" }, connections) };
  const target = createRegistryTarget({ ...endpoint, clock, limits });
  const note = (outcome: CallOutcome): Promise<void> => Promise.resolve(void noted.push(outcome));
  return { ...line, noted, limits, endpoint, target: observedTarget(target, { note }) };
}

const usedUp = new RateExceededError("gar", 20_000);
const refusing = (from: number): SharedRate => {
  let slots = 0;
  return {
    acquire: () => (slots++ < from ? Promise.resolve() : Promise.reject(usedUp)),
    tryAcquire: () => false,
    refused: () => Promise.resolve(),
  };
};
const waiting = (ms: number, clock: () => ReturnType<typeof playedLine>["clock"]): SharedRate & { slots: number } => ({
  slots: 0,
  async acquire(signal) {
    this.slots++;
    await clock().sleep(ms, signal);
  },
  tryAcquire: () => false,
  refused: () => Promise.resolve(),
});

const CALLS: Readonly<Record<string, (target: ImageTarget) => Promise<unknown>>> = {
  "resolve a tag": (target) => target.resolve(tag, never),
  "ask for a blob": (target) => target.hasBlob(blob.descriptor, never),
  "ask whether there is any tag": (target) => target.isEmpty(never),
  "push a blob": (target) => target.pushBlob(blob.descriptor, { open }, never),
  "put a tag": (target) => target.putManifest(manifest, tag, never),
  "put a manifest": (target) => target.putManifest(manifest, manifest.digest, never),
};

describe("a request that our own rate forbids", () => {
  it.each(Object.entries(CALLS))("fails with RateExceededError, and no other error: %s", async (_what, call) => {
    const { target, play, requests, noted, limits } = setUp(refusing(0));
    const error = await play(call(target)).catch((thrown: unknown) => thrown);
    expect(error).toBe(usedUp);
    expect(requests).toEqual([]);
    expect(noted).toEqual([]);
    // The retry budget is unspent.
    expect(Array.from({ length: 21 }, () => limits.retries.spend()).filter(Boolean)).toHaveLength(20);
    const chance = { before: undefined, now: 0, random: () => 0 };
    const judged = failureOutcome(error, { deadline: never, attempts: 1, maxAttempts: 8, ...chance });
    expect(judged).toMatchObject({ outcome: "deferred", reason: "rate-limited", afterMs: 20_000 });
  });

  it("fails as such in the middle of an upload, too", async () => {
    const { target, play, requests, noted } = setUp(refusing(1));
    await expect(play(target.pushBlob(blob.descriptor, { open }, never))).rejects.toBe(usedUp);
    expect(requests.map(({ method }) => method)).toEqual(["POST"]);
    expect(noted).toEqual([]);
  });

  it("does not count for the circuit, however many wait when another container gets 429", async () => {
    const rates = createMemoryRecordStore<RateRecord>();
    const circuits = createMemoryRecordStore<CircuitRecord>();
    const policy = { first: 50, most: 250, burstMs: 10_000 };
    const line = playedLine(accept);
    const { clock, connections } = line;
    const now = (): number => clock.now();
    const rate = createRateLimit({ store: rates, key: "gar", policy, clock, yields: false });
    const endpoint = { ...testEndpoint({ host: "registry.test", repository: "a/b", side: "target" }, connections) };
    const circuit = {
      store: circuits,
      key: "gar",
      policy: circuitPolicy({ ...CIRCUIT, window: { seconds: 60 } }),
      now,
      random: () => 0,
    };
    const admitted = await createCircuitBreaker(circuit).admit("copy", NEVER);
    if (admitted.kind === "refused") throw new Error("refused");
    const limits = createSharedLimits({ rate, clock });
    const target = observedTarget(createRegistryTarget({ ...endpoint, clock, limits }), admitted);
    await rates.update("gar", (record) => cutRate(record, 60_000, clock.now(), policy));
    const pushes = Array.from({ length: 64 }, () => target.pushBlob(blob.descriptor, { open }, never));
    const ends = await line.play(Promise.allSettled(pushes));
    await admitted.end();
    for (const end of ends) expect(end).toMatchObject({ reason: { name: "RateExceededError" } });
    expect(line.requests).toEqual([]);
    expect(await circuits.read("gar")).toBeUndefined();
  });
});

describe("waiting for a slot of the rate", () => {
  it("does not make a target slow; a slow response does", async () => {
    let line: ReturnType<typeof setUp> | undefined;
    const rate = waiting(9_000, () => line!.clock);
    line = setUp(rate);
    await line.play(line.target.pushBlob(blob.descriptor, { open }, never));
    expect(line.noted).toEqual(["written"]);
    line = setUp(rate, (request) => ({ ...accept(request), afterMs: request.method === "PUT" ? 9_000 : 1 }));
    await line.play(line.target.pushBlob(blob.descriptor, { open }, never));
    expect(line.noted).toEqual(["slow"]);
  });

  it("sends no hedge, and takes no second slot", async () => {
    let line: ReturnType<typeof setUp> | undefined;
    const rate = { ...waiting(9_000, () => line!.clock), tryAcquire: () => true };
    line = setUp(rate);
    await line.play(line.target.resolve(tag, never));
    expect(rate.slots).toBe(1);
    expect(line.requests).toHaveLength(1);
  });

  it.each([
    ["takes a slot that is free", true, 2],
    ["is not sent when none is free", false, 1],
  ])("a hedge %s", async (_what, isFree, sent) => {
    const rate = { ...refusing(1), tryAcquire: () => isFree };
    const { target, play, requests } = setUp(rate, (_request, count) => ({
      status: 404,
      afterMs: count === 0 ? 15_000 : 1,
    }));
    await play(target.resolve(tag, never));
    expect(requests).toHaveLength(sent);
  });
});

describe("a token", () => {
  const TOKEN = JSON.stringify({ token: "abc" });
  const challenging =
    (realm: string) =>
    ({ path, headers }: HttpRequest): PlayedAnswer => {
      if (path.startsWith("/token")) return { status: 200, body: TOKEN };
      if (headers["authorization"] !== undefined) return { status: 404 };
      return { status: 401, headers: { "www-authenticate": `Bearer realm="${realm}/token",service="s"` } };
    };

  it.each([
    ["the registry's own host counts against its rate", "http://registry.test", 3],
    ["another host does not", "http://tokens.test", 2],
  ])("from %s", async (_what, realm, slots) => {
    let taken = 0;
    const rate = { ...refusing(0), acquire: () => Promise.resolve(void taken++) };
    const { endpoint, clock, limits, play } = setUp(rate, challenging(realm));
    const target = createRegistryTarget({ ...endpoint, clock, limits, allowedHosts: ["tokens.test"] });
    expect(await play(target.resolve(tag, never))).toBeUndefined();
    expect(taken).toBe(slots);
  });
});
