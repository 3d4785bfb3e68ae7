import { OpenAPIHono } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import { NEVER } from "../../src/async/abort.ts";
import type { ApiEnvironment } from "../../src/api/protocol/api-environment.ts";
import { addSeriesRoutes } from "../../src/api/routes/series.ts";
import { Series } from "../../src/api/schemas/series.ts";
import { StoreError } from "../../src/replication/state/record-store.ts";
import { parseRepositoryName, parseTag } from "../../src/oci/reference.ts";
import { stackPartsOf } from "../../src/contract/stack/stack-parts.ts";
import { Receipt } from "../../src/replication/outcome/receipt.ts";
import { createMemoryPending } from "../fakes/memory-pending.ts";

const NOW = Date.UTC(2026, 10, 28, 12, 30);
const parts = stackPartsOf({
  source: { account: "123456789012", region: "us-east-1" },
  destinations: [{ name: "gar" }],
  longLane: false,
  reconcile: { everyMinutes: 10, schedules: [] },
});
const RECEIPT = Receipt.parse({
  id: "a",
  destination: "gar",
  repository: "app",
  reference: "v1",
  pushedAt: NOW - 90_000,
  acceptedAt: NOW - 90_000,
  countsFrom: NOW - 90_000,
  endedAt: NOW,
  bytesUploaded: 2e9,
  traceparent: "00",
  outcome: "replicated",
});

/** The route on a table whose readings are counted. */
function open(receipts: () => readonly Receipt[]) {
  const api = new OpenAPIHono<ApiEnvironment>();
  api.onError(() => new Response(null, { status: 503 }));
  const time = { now: NOW };
  const readings: number[] = [];
  async function* endedReceipts(from: number): AsyncGenerator<Receipt> {
    readings.push(from);
    await Promise.resolve();
    yield* receipts();
  }
  const operations = { parts, endedReceipts, pending: createMemoryPending(), signal: NEVER };
  addSeriesRoutes(api, { operations, now: () => time.now });
  return { get: async (query: string) => api.request(`/api/series${query}`), readings, time };
}

describe("the API's series", () => {
  it.each([
    ["1h", 60, 60_000],
    ["24h", 96, 900_000],
    ["30d", 120, 21_600_000],
  ] as const)("of %s has %i buckets, and reads no receipts that ended before them", async (period, count, bucketMs) => {
    const { get, readings } = open(() => [RECEIPT]);
    const series = Series.parse(await (await get(`?period=${period}`)).json());
    const until = (Math.floor(NOW / bucketMs) + 1) * bucketMs;
    expect(series).toMatchObject({ period, at: NOW, count, bucketMs, from: until - count * bucketMs });
    expect(readings).toEqual([series.from]);
    const [gar] = series.destinations;
    expect(gar?.lagP95.slice(-2)).toEqual([null, 90]);
    expect([gar?.bytesSent.at(-1), gar?.egressDollars.at(-1)]).toEqual([2e9, 0.18]);
    for (const values of [gar?.arrived, gar?.pending, gar?.lagP50, gar?.egressDollars])
      expect(values).toHaveLength(count);
  });

  it("is read once for all who ask, for each period, and again when it is no longer fresh", async () => {
    const { get, readings, time } = open(() => []);
    await Promise.all([get(""), get("?period=1h"), get("")]);
    expect(readings).toHaveLength(1);
    await get("?period=24h");
    expect(readings).toHaveLength(2);
    time.now += 60_000;
    await get("");
    expect(readings).toHaveLength(3);
  });

  it("is read again after a reading that failed", async () => {
    const failure = { now: true };
    const { get } = open(() => {
      if (failure.now) throw new StoreError("the table does not answer");
      return [RECEIPT];
    });
    expect((await get("")).status).toBe(503);
    failure.now = false;
    expect((await get("")).status).toBe(200);
  });

  it("does not miss a push that ends while it is read", async () => {
    const api = new OpenAPIHono<ApiEnvironment>();
    const { id, acceptedAt = 0, pushedAt = 0 } = RECEIPT;
    const image = { repository: parseRepositoryName("app"), reference: parseTag("v1") };
    const push = { id, destination: "gar", ...image, pushedAt, acceptedAt };
    // It has ended once one of the two readings is over.
    const reading = { isFirst: true };
    async function* first<Item>(before: readonly Item[], after: readonly Item[]): AsyncGenerator<Item> {
      const found = reading.isFirst ? before : after;
      reading.isFirst = false;
      yield* await Promise.resolve(found);
    }
    const pending = { ...createMemoryPending(), ofDestination: () => first([push], []) };
    const operations = { parts, endedReceipts: () => first([], [RECEIPT]), pending, signal: NEVER };
    addSeriesRoutes(api, { operations, now: () => NOW });
    const [gar] = Series.parse(await (await api.request("/api/series")).json()).destinations;
    expect([gar?.arrived.at(-1), gar?.pending.slice(-3)]).toEqual([1, [1, 1, 0]]);
  });

  it("refuses a period that it does not have", async () => {
    const { get, readings } = open(() => []);
    expect((await get("?period=7d")).status).toBe(400);
    expect(readings).toEqual([]);
  });
});
