import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { createUploadScheduler } from "../../../src/replication/pacing/upload-scheduler.ts";
import type { UploadProgress } from "../../../src/replication/pacing/uploads-in-flight.ts";
import { createBandwidthEstimate, TooLargeError } from "../../../src/replication/pacing/time-budget.ts";

const signal = new AbortController().signal;
const GIGABYTE = 1_000_000_000;
const blobOf = (name: string, size: number) => ({
  mediaType: "application/octet-stream",
  digest: digestOf(new TextEncoder().encode(name)),
  size,
});

describe("a blob that waits for admission", () => {
  it("fails with the error of the upload before it, not with TooLateError", async () => {
    const bandwidth = createBandwidthEstimate();
    // So slow that neither blob fits into the time left.
    bandwidth.addSample(GIGABYTE, GIGABYTE);
    const budget = { limitMs: 900_000, remainingMs: () => 895_000, bandwidth };
    const scheduler = createUploadScheduler({ budget, clock: { now: () => 0 }, maxUploads: undefined });
    const unavailable = new Error("the target is unavailable");
    const sent: string[] = [];
    const run = (name: string): Promise<unknown> =>
      scheduler
        .run({ blob: blobOf(name, GIGABYTE), skipsQueue: false }, signal, () => {
          sent.push(name);
          return Promise.reject(unavailable);
        })
        .catch((error: unknown) => error);
    expect(await Promise.all([run("first"), run("second")])).toEqual([unavailable, unavailable]);
    expect(sent).toEqual(["first"]);
  });
});

describe("the only big upload of a delivery", () => {
  /** Uploads a blob of one gigabyte, during which `report` reports bytes. @returns "sent", or the error. */
  async function sendAlone(report: (progress: UploadProgress, pass: (ms: number) => void) => void): Promise<unknown> {
    let now = 0;
    const budget = { limitMs: 900_000, remainingMs: () => 900_000 - now, bandwidth: createBandwidthEstimate() };
    const scheduler = createUploadScheduler({ budget, clock: { now: () => now }, maxUploads: undefined });
    const sending = scheduler.run({ blob: BIG, skipsQueue: false }, signal, (stopped) => {
      report(scheduler.progress, (ms) => (now += ms));
      return stopped.aborted ? Promise.reject(stopped.reason) : Promise.resolve("sent");
    });
    return sending.catch((error: unknown) => error);
  }
  const BIG = blobOf("big", GIGABYTE);
  const SMALL = blobOf("small", 1_000).digest;

  it("is not stopped before its first byte: the target is stalled, not slow", async () => {
    const outcome = await sendAlone((progress, pass) => {
      pass(100_000);
      progress.addBytes(SMALL, 1_000);
      pass(1_000);
      progress.addBytes(SMALL, 1_000);
    });
    expect(outcome).toBe("sent");
  });

  it("is measured from its last restart", async () => {
    const outcome = await sendAlone((progress, pass) => {
      progress.addBytes(BIG.digest, 1_000);
      pass(400_000);
      progress.restarted(BIG.digest);
      pass(100_000);
      progress.addBytes(BIG.digest, GIGABYTE / 4);
    });
    expect(outcome).toBe("sent");
  });

  it("is too large when it is too slow after a tenth of the time", async () => {
    const outcome = await sendAlone((progress, pass) => {
      progress.addBytes(BIG.digest, 1_000);
      pass(100_000);
      progress.addBytes(BIG.digest, 1_000);
    });
    expect(outcome).toBeInstanceOf(TooLargeError);
  });
});
