import { describe, expect, it } from "vitest";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import type { CopyReport } from "../../../src/replication/outcome/copy-report.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { createUploadConcurrency } from "../../../src/replication/pacing/upload-concurrency.ts";
import { createBandwidthEstimate } from "../../../src/replication/pacing/time-budget.ts";
import { addImageWithLayerSizes, narrowLine } from "../../fakes/narrow-line.ts";
import { anotherDelivery, copyRequest, replicateFixture } from "../../fixtures/replicate-context.ts";
import type { CopySettings } from "../../fixtures/replicate-context.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";

const GB = 1e9;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FUNCTION = { limitMs: 15 * MINUTE, lane: { hasLongLane: true } };
const BUILD = { limitMs: 8 * HOUR, lane: { isLong: true } };

/** How the target ends an upload of a big blob, and after which share of its bytes. */
interface Ending {
  readonly status: number | undefined;
  readonly share: number;
}

/** A source, and a target that takes 100 MB a second and keeps no big blob as long as `ending` is set. */
function setUp(sizes: readonly number[]) {
  const clock = createVirtualClock();
  const fixture = replicateFixture({ clock, maxAttempts: 8, leaseMs: 45_000 });
  const { source, target } = fixture;
  const digest = addImageWithLayerSizes(source, sizes, "v1");
  const line = narrowLine(fixture, clock, 100e6);
  const broken: { ending: Ending | undefined } = { ending: { status: 500, share: 1 } };
  const push = target.pushBlob.bind(target);
  target.pushBlob = async (blob, how, signal) => {
    const { ending } = broken;
    if (ending === undefined || blob.size < 1024 * 1024) return push(blob, how, signal);
    const failure = { side: "target", operation: "put-blob", subject: blob.digest, category: "deferred" } as const;
    const problem = ending.status === undefined ? "ECONNRESET read ECONNRESET" : `HTTP ${ending.status}`;
    const refusal = new RegistryError({ ...failure, status: ending.status }, problem);
    if (ending.share === 1) {
      await push(blob, how, signal);
      target.blobs.delete(blob.digest);
      throw refusal;
    }
    await using stream = await how.open(signal);
    let bytes = 0;
    for await (const piece of stream) if ((bytes += piece.byteLength) >= blob.size * ending.share) break;
    throw refusal;
  };
  const deliver = (
    reference = "v1",
    { limitMs, lane }: { readonly limitMs: number; readonly lane: Partial<CopySettings> } = FUNCTION,
  ): Promise<CopyReport> => {
    const endsAt = clock.now() + limitMs;
    const time = { limitMs, remainingMs: () => endsAt - clock.now(), bandwidth: createBandwidthEstimate() };
    const concurrency = createUploadConcurrency({ small: 64, big: 16, now: () => clock.now() });
    const delivery = anotherDelivery(fixture, { time, concurrency, ...lane });
    return clock.during(replicateTag(copyRequest(reference), delivery, clock.timeout(limitMs)));
  };
  /** Delivers until the request has ended, or so often; waits as the queue does. */
  const deliverAll = async (most = 100, lane = FUNCTION as typeof FUNCTION | typeof BUILD): Promise<CopyReport[]> => {
    const reports: CopyReport[] = [];
    while (reports.length < most) {
      const report = await deliver("v1", lane);
      reports.push(report);
      if (report.outcome !== "deferred") break;
      await clock.pass(report.afterMs);
    }
    return reports;
  };
  return { ...fixture, clock, line, digest, broken, deliver, deliverAll };
}

const GIVEN_UP = { outcome: "failed", reason: "target-upload-not-kept" };

describe("a blob that the target receives completely and does not keep", () => {
  it.each([500, 504, undefined])("is sent three times, and then its request ends with advice (%s)", async (status) => {
    const { line, broken, deliverAll } = setUp([5 * GB]);
    broken.ending = { status, share: 1 };
    const reports = await deliverAll();
    expect(reports.at(-1)).toMatchObject(GIVEN_UP);
    expect(line.sentBytes()).toBe(15 * GB);
    const last = reports.at(-1);
    expect(last !== undefined && "error" in last ? String(last.error) : "").toMatch(
      /took all 5000000000 bytes .* 3 deliveries.*(the registry answered HTTP (500|504)|closed the connection)/,
    );
  });

  it("is abandoned in the long lane as well", async () => {
    const { line, deliverAll } = setUp([50 * GB]);
    expect((await deliverAll(100, BUILD)).at(-1)).toMatchObject(GIVEN_UP);
    expect(line.sentBytes()).toBe(150 * GB);
  });

  it("is retried later the more was sent, so that an outage of some minutes ends no request", async () => {
    const { clock, broken, deliver, deliverAll } = setUp([5 * GB]);
    const before = clock.now();
    await deliverAll(2);
    expect(clock.now() - before).toBeGreaterThan(HOUR);
    broken.ending = undefined;
    expect(await deliver()).toMatchObject({ outcome: "replicated" });
  });

  it("is not sent for another tag, nor for the next request, within the hour", async () => {
    const { line, source, digest, deliver, deliverAll, clock } = setUp([5 * GB]);
    await deliverAll();
    source.tags.set("v2", digest);
    expect(await deliver("v2")).toMatchObject(GIVEN_UP);
    expect(line.sentBytes()).toBe(15 * GB);
    await clock.pass(2 * HOUR);
    source.tags.set("v3", digest);
    expect(await deliver("v3")).toMatchObject(GIVEN_UP);
    expect(line.sentBytes()).toBe(20 * GB);
  });

  it("is sent at once when its dead letter is redriven", async () => {
    const { broken, deliver, deliverAll } = setUp([5 * GB]);
    await deliverAll();
    broken.ending = undefined;
    expect(await deliver()).toMatchObject({ outcome: "replicated" });
  });

  it("is retried more often when it is small: the limit is on the bytes sent in vain", async () => {
    const { line, deliverAll } = setUp([20e6]);
    const reports = await deliverAll();
    expect(reports.at(-1)).toMatchObject(GIVEN_UP);
    expect(reports).toHaveLength(50);
    expect(line.sentBytes()).toBe(1 * GB);
  });

  it("ends the request even when other large blobs wait behind it", async () => {
    const { deliverAll, line } = setUp([9 * GB, 8 * GB, 7 * GB]);
    expect((await deliverAll()).at(-1)).toMatchObject(GIVEN_UP);
    expect(line.sentBytes()).toBeLessThan(80 * GB);
  });
});

describe("an outage in which no blob is sent completely", () => {
  it.each([0, 0.6])("is retried, however long it lasts (%s of the bytes)", async (share) => {
    const { broken, deliver, deliverAll } = setUp([5 * GB]);
    broken.ending = { status: 503, share };
    const reports = await deliverAll(20);
    expect(new Set(reports.map((report) => ("reason" in report ? report.reason : "")))).toEqual(
      new Set(["unavailable"]),
    );
    broken.ending = undefined;
    expect(await deliver()).toMatchObject({ outcome: "replicated" });
  });
});
