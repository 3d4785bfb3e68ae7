import { describe, expect, it } from "vitest";
import { createSemaphore } from "../../../src/async/semaphore.ts";
import { adapt, createUploadConcurrency } from "../../../src/replication/pacing/upload-concurrency.ts";

const MIB = 1024 * 1024;

/** Uploads that run until they are told to end. */
function uploads() {
  const ends: (() => void)[] = [];
  let running = 0;
  const work = async (): Promise<void> => {
    running++;
    await new Promise<void>((resolve) => ends.push(resolve));
    running--;
  };
  return { work, running: () => running, endAll: () => ends.splice(0).forEach((end) => end()) };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("streams", () => {
  it("let small blobs through while every stream for big ones is taken", async () => {
    const streams = createUploadConcurrency({ small: 8, big: 4, now: () => 0 });
    const big = uploads();
    const small = uploads();
    const all = [...Array.from({ length: 10 }, () => streams.run(100 * MIB, big.work)), streams.run(1_000, small.work)];
    await settled();
    expect([big.running(), small.running()]).toEqual([4, 1]);
    small.endAll();
    for (let round = 0; round < 3; round++) {
      big.endAll();
      await settled();
    }
    await Promise.all(all);
  });

  it("grow for big blobs while that increases the total throughput, and stop when it does not", async () => {
    let now = 0;
    const streams = createUploadConcurrency({ small: 8, big: 16, now: () => now });
    const big = uploads();
    const all = Array.from({ length: 20 }, () => streams.run(100 * MIB, big.work));
    const widths: number[] = [];
    for (const bytes of [10, 20, 30, 40, 40, 40]) {
      now += 500;
      streams.addBytes(bytes * MIB);
      await settled();
      widths.push(big.running());
    }
    expect(widths).toEqual([7, 8, 9, 10, 10, 10]);
    big.endAll();
    await settled();
    big.endAll();
    await Promise.all(all);
  });

  it("do not grow when no blob waits", async () => {
    let now = 0;
    const streams = createUploadConcurrency({ small: 8, big: 16, now: () => now });
    const big = uploads();
    const few = Array.from({ length: 3 }, () => streams.run(100 * MIB, big.work));
    now = 500;
    streams.addBytes(100 * MIB);
    const more = Array.from({ length: 9 }, () => streams.run(100 * MIB, big.work));
    await settled();
    expect(big.running()).toBe(6);
    big.endAll();
    await settled();
    big.endAll();
    await Promise.all([...few, ...more]);
  });

  it("are halved when a registry throttles, and return one by one", async () => {
    let now = 0;
    const streams = createUploadConcurrency({ small: 8, big: 16, now: () => now });
    streams.backOff();
    const small = uploads();
    const all = Array.from({ length: 12 }, () => streams.run(1_000, small.work));
    await settled();
    expect(small.running()).toBe(4);
    for (let round = 0; round < 2; round++) {
      now += 500;
      streams.addBytes(1);
    }
    await settled();
    expect(small.running()).toBe(6);
    for (let round = 0; round < 3; round++) {
      small.endAll();
      await settled();
    }
    await Promise.all(all);
  });

  it("never fall below one", () => {
    expect(adapt({ width: 1, best: 100 }, 1, 16).width).toBe(1);
    expect(adapt({ width: 16, best: 1 }, 100, 16).width).toBe(16);
  });
});

describe("a semaphore", () => {
  it("whose bound becomes smaller lets what runs end first", async () => {
    const semaphore = createSemaphore(3);
    const jobs = uploads();
    const all = Array.from({ length: 5 }, () => semaphore.run(jobs.work));
    await settled();
    semaphore.resize(1);
    expect([jobs.running(), semaphore.waiting()]).toEqual([3, 2]);
    jobs.endAll();
    await settled();
    expect(jobs.running()).toBe(1);
    jobs.endAll();
    await settled();
    jobs.endAll();
    await Promise.all(all);
  });
});
