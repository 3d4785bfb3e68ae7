import { describe, expect, it } from "vitest";
import type { CopyReport } from "../../../src/replication/outcome/copy-report.ts";
import { createDeliveryProgress, effectOnNextDelivery } from "../../../src/replication/copy/delivery-progress.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { createUploadConcurrency } from "../../../src/replication/pacing/upload-concurrency.ts";
import { createBandwidthEstimate, TooLargeError } from "../../../src/replication/pacing/time-budget.ts";
import { addImageWithLayerSizes, narrowLine } from "../../fakes/narrow-line.ts";
import { anotherDelivery, copyRequest, replicateFixture } from "../../fixtures/replicate-context.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";

const GB = 1e9;
const LIMIT_MS = 895_000;
/** A line that carries so many bytes in the time of one delivery. */
const perDelivery = (bytes: number): number => (bytes / LIMIT_MS) * 1_000;

/** An image of layers of these sizes, and a line. */
function setUp(sizes: readonly number[], bytesPerSecond: number, bandwidth = createBandwidthEstimate()) {
  const clock = createVirtualClock();
  const fixture = replicateFixture({ clock, maxAttempts: 8, leaseMs: 45_000 });
  addImageWithLayerSizes(fixture.source, sizes, "v1");
  const line = narrowLine(fixture, clock, bytesPerSecond);
  const deliver = (): Promise<CopyReport> => {
    const endsAt = clock.now() + LIMIT_MS;
    const time = { limitMs: LIMIT_MS, remainingMs: () => endsAt - clock.now(), bandwidth };
    const concurrency = createUploadConcurrency({ small: 64, big: 16, now: () => clock.now() });
    const delivery = anotherDelivery(fixture, { time, concurrency });
    return clock.during(replicateTag(copyRequest("v1"), delivery, clock.timeout(LIMIT_MS)));
  };
  /** Delivers until the request has ended. */
  const deliverAll = async (): Promise<CopyReport[]> => {
    const reports: CopyReport[] = [];
    do reports.push(await deliver());
    while (reports.at(-1)?.outcome === "deferred" && reports.length < 100);
    return reports;
  };
  return { ...fixture, line, deliver, deliverAll };
}

const outcomes = (reports: readonly CopyReport[]): string[] => reports.map(({ outcome }) => outcome);

describe("an image of six layers of 9 GB", () => {
  const six = Array.from({ length: 6 }, () => 9 * GB);

  it.each([
    ["1.2", 6],
    ["2.5", 3],
    ["5.8", 2],
  ])(
    "arrives over a line that carries %s of them in a delivery, and hardly a byte is sent twice",
    async (share, most) => {
      const { line, deliverAll, target } = setUp(six, perDelivery(Number(share) * 9 * GB));
      const reports = await deliverAll();
      expect(outcomes(reports).at(-1)).toBe("replicated");
      expect(reports.length).toBeLessThanOrEqual(most);
      expect(line.sentBytes()).toBeLessThan(1.2 * 54 * GB);
      expect(target.tags.has("v1")).toBe(true);
    },
  );

  it("arrives also when the line was ten times as fast just before", async () => {
    const bandwidth = createBandwidthEstimate();
    bandwidth.addSample(120 * GB, LIMIT_MS);
    const { line, deliverAll } = setUp(six, perDelivery(12 * GB), bandwidth);
    expect(outcomes(await deliverAll()).at(-1)).toBe("replicated");
    expect(line.sentBytes()).toBeLessThan(1.2 * 54 * GB);
  });

  it("arrives also when the line becomes slow on the way", async () => {
    const { line, deliverAll, source } = setUp(six, perDelivery(60 * GB));
    source.before = ({ operation }) => {
      if (operation === "open-blob") line.bytesPerSecond = perDelivery(12 * GB);
    };
    expect(outcomes(await deliverAll()).at(-1)).toBe("replicated");
    expect(line.sentBytes()).toBeLessThan(1.2 * 54 * GB);
  });

  it("is sent all at once over a line that carries it", async () => {
    const { line, deliverAll } = setUp(six, perDelivery(100 * GB));
    expect(outcomes(await deliverAll())).toEqual(["replicated"]);
    expect(line.maxConcurrentStreams()).toBeGreaterThan(3);
  });
});

describe("an image of common size", () => {
  it("is sent at once also where nothing is known of the line", async () => {
    const { line, deliver } = setUp([60e6, 50e6, 40e6, 30e6], 20e6);
    expect(await deliver()).toMatchObject({ outcome: "replicated" });
    expect(line.maxConcurrentStreams()).toBe(4);
  });
});

describe("one layer", () => {
  it("is tried, however slow small blobs were", async () => {
    const bandwidth = createBandwidthEstimate();
    for (let blob = 0; blob < 20; blob++) bandwidth.addSample(4 * 1024 * 1024, 1_000);
    const { deliver } = setUp([4 * 1024 ** 3], perDelivery(6 * GB), bandwidth);
    expect(await deliver()).toMatchObject({ outcome: "replicated" });
  });

  it("is sent again by a fresh delivery, when too little time was left for it", async () => {
    const { line, deliverAll } = setUp([5 * GB, 8 * GB], perDelivery(10 * GB));
    expect(outcomes(await deliverAll())).toEqual(["deferred", "replicated"]);
    expect(line.sentBytes()).toBe(13 * GB);
  });

  it.each([3, 1.3])("%s times as large as the time is called too large, after little of it was sent", async (times) => {
    const { line, deliver } = setUp([Math.round(times * 9 * GB), 2e6], perDelivery(9 * GB));
    const report = await deliver();
    expect("error" in report ? report.error : undefined).toBeInstanceOf(TooLargeError);
    expect(String("error" in report ? report.error : "")).toMatch(/bytes of blob sha256:.* alone on the line/);
    expect(line.sentBytes()).toBeLessThan(0.35 * times * 9 * GB);
    expect(report.bytesSent).toBeGreaterThan(0.9 * line.sentBytes());
  });

  it("slightly too large is tried to the end, and what broke off with it is not the reason", async () => {
    const { deliver } = setUp([9.2 * GB, 2e6], perDelivery(9 * GB));
    const report = await deliver();
    expect("error" in report ? report.error : undefined).toBeInstanceOf(TooLargeError);
  });
});

describe("a delivery that ran out of time", () => {
  const late = { outcome: "deferred", reason: "deadline", afterMs: 0 } as const;
  const widthAfter = (
    maxConcurrent: number,
    maxUploads: number | undefined,
    report: CopyReport = late,
    brought = 0,
  ) => {
    const progress = createDeliveryProgress();
    for (let put = 0; put < brought; put++) {
      progress.observe({ kind: "manifest-put", digest: addImageWithLayerSizes(replicateFixture().source, [], "v1") });
    }
    return effectOnNextDelivery(report, { progress, fruitlessBefore: 2, maxConcurrent, maxUploads });
  };

  it("without progress halves the concurrent blobs of the next one, down to one", () => {
    expect([6, 3, 2, 1].map((uploads) => widthAfter(uploads, undefined).width)).toEqual([3, 1, 1, 1]);
    expect(widthAfter(0, 4)).toEqual({ fruitless: 3, width: 4 });
  });

  it("with progress doubles them", () => {
    expect(widthAfter(2, 2, late, 1)).toEqual({ fruitless: 0, width: 4 });
    expect(widthAfter(2, undefined, late, 1)).toEqual({ fruitless: 0, width: undefined });
  });

  it("is not counted when the registry was unavailable", () => {
    expect(widthAfter(6, 3, { outcome: "deferred", reason: "unavailable", afterMs: 1 })).toEqual({
      fruitless: 2,
      width: 3,
    });
  });
});
