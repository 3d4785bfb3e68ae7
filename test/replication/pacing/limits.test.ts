import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TagRecord } from "../../../src/replication/state/tag-record.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { uploadNotKept } from "../../../src/replication/state/failed-sends.ts";
import { LeaseLostError, whileLeaseFresh, withHeartbeat } from "../../../src/replication/state/lease-heartbeat.ts";
import { failureOutcome } from "../../../src/replication/copy/failure-outcome.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { RateExceededError } from "../../../src/oci/errors/rate-exceeded-error.ts";
import { StoreError } from "../../../src/replication/state/record-store.ts";
import type { RecordStore } from "../../../src/replication/state/record-store.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { createBandwidthEstimate, TooLateError } from "../../../src/replication/pacing/time-budget.ts";
import { addImage, addIndex } from "../../fixtures/images/memory-image.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";
import { anotherDelivery, copyRequest, replicateFixture, withSettings } from "../../fixtures/replicate-context.ts";
import { systemClock } from "../../../src/async/system-clock.ts";

const never = new AbortController().signal;
const HOUR = 3_600_000;
const BLOB = { mediaType: "application/octet-stream", digest: digestOf(new Uint8Array()), size: 1e9 };

/** Works until it is stopped, and fails for the reason it was given. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

/** Records, with the largest one that was ever written. */
function measured<Record>(store: RecordStore<Record>): RecordStore<Record> & { largest: () => number } {
  let largest = 0;
  return {
    largest: () => largest,
    read: (key, signal) => store.read(key, signal),
    update: (key, change, signal) =>
      store.update(
        key,
        (record) => {
          const changed = change(record);
          if (changed.next !== undefined) largest = Math.max(largest, JSON.stringify(changed.next).length);
          return changed;
        },
        signal,
      ),
  };
}

describe("P17: a deferral", () => {
  it("stays far below the twelve hours that SQS can hide a message, for any reason and any Retry-After", () => {
    const reasons = fc.oneof(
      fc.constant(new StoreError("away")),
      fc.constant(new LeaseLostError("lost")),
      fc.constant(new TypeError("a bug")),
      fc.constant(new TooLateError("late")),
      fc
        .integer({ min: 1, max: 1e13 })
        .map((bytes) => uploadNotKept(BLOB, { deliveries: 1, bytes, lastAt: 0 }, new Error("no answer"))),
      fc.integer({ min: 0, max: 900_000 }).map((afterMs) => new RateExceededError("gar", afterMs)),
      fc.option(fc.integer({ min: 0, max: 900_000 })).map(
        (retryAfterMs) =>
          new RegistryError(
            {
              side: "target",
              operation: "put-blob",
              subject: "r",
              category: "deferred",
              status: 429,
              retryAfterMs: retryAfterMs ?? undefined,
            },
            "busy",
          ),
      ),
    );
    fc.assert(
      fc.property(
        reasons,
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (error, attempts, luck) => {
          const chance = { before: undefined, now: 0, random: () => luck };
          const judged = failureOutcome(error, { deadline: never, attempts, maxAttempts: 1_001, ...chance });
          const afterMs = judged.outcome === "deferred" ? judged.afterMs : 0;
          expect(afterMs).toBeGreaterThanOrEqual(0);
          expect(afterMs).toBeLessThan(HOUR);
        },
      ),
    );
  });
});

describe("P19: a table that throttles briefly", () => {
  it("does not stop a copy whose lease still lasts", async () => {
    let renewals = 0;
    const renew = (): Promise<boolean> => {
      renewals++;
      return renewals === 1 ? Promise.reject(new StoreError("throttled")) : Promise.resolve(true);
    };
    const clock = createVirtualClock();
    const work = (signal: AbortSignal): Promise<void> => clock.sleep(60_000, signal);
    await clock.during(withHeartbeat({ leaseMs: 45_000, renew }, clock, never, work));
    expect(renewals).toBeGreaterThan(1);
  });

  it("stops a copy whose lease has expired meanwhile", async () => {
    const renew = (): Promise<boolean> => Promise.reject(new StoreError("throttled"));
    const lost = withHeartbeat({ leaseMs: 60, renew }, systemClock, never, aborted);
    await expect(lost).rejects.toMatchObject({ name: "LeaseLostError", cause: { message: "throttled" } });
  });

  it("ends the copy before its lease expires, also when the table takes long to fail", async () => {
    const clock = createVirtualClock();
    // The table uses the client's whole timeout, and then fails.
    const renew = async (): Promise<boolean> => {
      await clock.sleep(16_000, never);
      throw new StoreError("timed out");
    };
    let endedAt = Infinity;
    const work = (signal: AbortSignal): Promise<never> => aborted(signal).finally(() => (endedAt = clock.passed()));
    const lost = withHeartbeat({ leaseMs: 45_000, renew }, clock, never, work);
    await expect(clock.during(lost)).rejects.toThrow(LeaseLostError);
    expect(endedAt).toBeLessThanOrEqual(45_000);
  });

  it("retries a failed renewal soon, while the lease still lasts", async () => {
    const clock = createVirtualClock();
    const renewals: number[] = [];
    const renew = async (): Promise<boolean> => {
      renewals.push(clock.passed());
      if (renewals.length > 1) return true;
      await clock.sleep(16_000, never);
      throw new StoreError("timed out");
    };
    await clock.during(withHeartbeat({ leaseMs: 45_000, renew }, clock, never, () => clock.sleep(60_000, never)));
    expect(renewals.slice(0, 3)).toEqual([15_000, 34_000, 49_000]);
  });

  it("stops a copy also when the renewal never ends", async () => {
    const renew = (): Promise<boolean> => new Promise(() => undefined);
    const lost = withHeartbeat({ leaseMs: 60, renew }, systemClock, never, aborted);
    await expect(lost).rejects.toThrow(LeaseLostError);
  });
});

describe("P26: work that may take effect late", () => {
  it("is stopped before another owner could take its lease", async () => {
    let isAway = false;
    const renew = (): Promise<boolean> => (isAway ? Promise.reject(new StoreError("away")) : Promise.resolve(true));
    const stopped = whileLeaseFresh({ leaseMs: 300, renew }, systemClock, never, (signal) => {
      isAway = true;
      return aborted(signal);
    });
    await expect(stopped).rejects.toThrow("the lease was not renewed in time");
  });

  it("is stopped in time although the renewal of its lease never ends", async () => {
    let renewals = 0;
    const renew = (): Promise<boolean> => (++renewals === 1 ? Promise.resolve(true) : new Promise(() => undefined));
    const clock = createVirtualClock();
    const stopped = whileLeaseFresh({ leaseMs: 45_000, renew }, clock, never, (signal) => {
      return new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    await expect(clock.during(stopped)).rejects.toThrow(LeaseLostError);
    // Fresh for 14 of 45 parts of its length.
    expect(clock.passed()).toBeLessThan(15_000);
  });

  it("is stopped in time although the renewal of its lease fails at the last moment", async () => {
    const clock = createVirtualClock();
    let renewals = 0;
    const renew = async (): Promise<boolean> => {
      if (++renewals === 1) return true;
      await clock.sleep(9_000, never);
      throw new StoreError("timed out");
    };
    const stopped = whileLeaseFresh({ leaseMs: 45_000, renew }, clock, never, aborted);
    await expect(clock.during(stopped)).rejects.toThrow(LeaseLostError);
    expect(clock.passed()).toBeLessThan(14_500);
  });

  it("does not start when its lease is lost, and is not interrupted while its lease is renewed", async () => {
    let begun = 0;
    const clock = createVirtualClock();
    const work = (signal: AbortSignal): Promise<void> => (begun++, clock.sleep(60_000, signal));
    const lost = whileLeaseFresh({ leaseMs: 45_000, renew: () => Promise.resolve(false) }, clock, never, work);
    await expect(clock.during(lost)).rejects.toThrow(LeaseLostError);
    await clock.during(whileLeaseFresh({ leaseMs: 45_000, renew: () => Promise.resolve(true) }, clock, never, work));
    expect(begun).toBe(1);
  });
});

describe("P25, S09: an image of a thousand layers", () => {
  it("keeps every record far below DynamoDB's 400 KB, and respects the limit of concurrent uploads", async () => {
    const fixture = replicateFixture();
    const tags = measured(fixture.tags);
    const checkpoints = measured(fixture.checkpoints);
    let sending = 0;
    let most = 0;
    fixture.target.before = async ({ operation }) => {
      if (operation !== "put-blob") return;
      most = Math.max(most, ++sending);
      await new Promise((resolve) => setImmediate(resolve));
      sending--;
    };
    addImage(
      fixture.source,
      Array.from({ length: 1_000 }, (_, index) => `layer ${index}`),
      "v1",
    );
    expect(await replicateTag(copyRequest("v1"), withSettings(fixture, { tags, checkpoints }), never)).toMatchObject({
      outcome: "replicated",
      statistics: { blobsUploaded: 1_001 },
    });
    expect(Math.max(tags.largest(), checkpoints.largest())).toBeLessThan(1_000);
    expect(most).toBeLessThanOrEqual(8);
  });

  it("S09: nor of a hundred platforms", async () => {
    const fixture = replicateFixture();
    const platforms = Array.from({ length: 100 }, (_, index) => addImage(fixture.source, ["shared", `own ${index}`]));
    addIndex(fixture.source, platforms, "v1");
    const report = await replicateTag(copyRequest("v1"), fixture, never);
    expect(report).toMatchObject({ outcome: "replicated", statistics: { manifests: 101, blobsUploaded: 102 } });
  });
});

describe("S07: two hundred tags of one image", () => {
  it("are one copy and two hundred tags put", async () => {
    const fixture = replicateFixture({ tags: createMemoryRecordStore<TagRecord>() });
    const digest = addImage(fixture.source, ["one", "two"], "v0");
    const tags = Array.from({ length: 200 }, (_, index) => `v${index}`);
    for (const tag of tags) fixture.source.tags.set(tag, digest);
    await Promise.all(tags.map((tag) => replicateTag(copyRequest(tag), anotherDelivery(fixture), never)));
    const count = (operation: string): number =>
      fixture.target.calls.filter((call) => call.operation === operation).length;
    expect([count("put-blob"), count("put-manifest")]).toEqual([3, 200]);
    expect(new Set(tags.map((tag) => fixture.target.tags.get(tag)))).toEqual(new Set([digest]));
  });
});

describe("S08: a blob that cannot be sent in time", () => {
  const BIG = "x".repeat(5_000_000);
  function timed(remainingMs: number, limitMs: number) {
    const fixture = replicateFixture();
    const bandwidth = createBandwidthEstimate();
    bandwidth.addSample(5_000_000, 10_000);
    addImage(fixture.source, [BIG], "v1");
    return withSettings(fixture, { time: { remainingMs: () => remainingMs, limitMs, bandwidth } });
  }
  const uploads = ({ target }: ReturnType<typeof timed>): number =>
    target.calls.filter(({ operation }) => operation === "put-blob").length;

  it("is not started when a new delivery has time for it", async () => {
    const context = timed(5_000, 60_000);
    expect(await replicateTag(copyRequest("v1"), context, never)).toMatchObject({
      outcome: "deferred",
      reason: "deadline",
      afterMs: 0,
    });
    expect(uploads(context)).toBeLessThanOrEqual(1);
  });

  it("is tried by a new delivery, regardless of the estimate", async () => {
    expect(await replicateTag(copyRequest("v1"), timed(8_000, 8_000), never)).toMatchObject({ outcome: "replicated" });
  });

  it("is sent when there is time, or the throughput is unknown", async () => {
    expect(await replicateTag(copyRequest("v1"), timed(60_000, 60_000), never)).toMatchObject({
      outcome: "replicated",
    });
    const time = { remainingMs: () => 1, limitMs: 60_000, bandwidth: createBandwidthEstimate() };
    const unknown = withSettings(timed(1, 60_000), { time });
    expect(await replicateTag(copyRequest("v1"), unknown, never)).toMatchObject({ outcome: "replicated" });
  });
});
