import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { concurrently } from "../../../src/async/run-concurrently.ts";
import { createAdmissionQueue } from "../../../src/replication/pacing/admission-queue.ts";

describe("an admission queue", () => {
  it("admits what may enter, in order, and leaves the others waiting", async () => {
    const queue = createAdmissionQueue<number>();
    const { signal } = new AbortController();
    const entered: number[] = [];
    const all = [3, 1, 2].map((item) => queue.wait(item, signal).then(() => entered.push(item)));
    queue.admit((item) => item < 3);
    await Promise.all(all.slice(1));
    expect(entered).toEqual([1, 2]);
    queue.admit(() => true);
    await Promise.all(all);
    expect(entered).toEqual([1, 2, 3]);
  });

  it("rejects what waits, with a reason for each", async () => {
    const queue = createAdmissionQueue<number>();
    const waiting = queue.wait(7, new AbortController().signal);
    queue.reject((item) => new Error(`no place for ${item}`));
    await expect(waiting).rejects.toThrow("no place for 7");
  });

  it("rejects with the reason of the signal, and admits nothing after that", async () => {
    const queue = createAdmissionQueue<number>();
    const stop = new AbortController();
    const waiting = queue.wait(1, stop.signal);
    stop.abort(new Error("out of time"));
    await expect(waiting).rejects.toThrow("out of time");
    await expect(queue.wait(2, stop.signal)).rejects.toThrow("out of time");
    queue.admit(() => expect.unreachable("nothing waits"));
  });

  it("leaves no listener on a signal that lives on, nor does concurrent work, ten thousand times", async () => {
    const { signal } = new AbortController();
    const queue = createAdmissionQueue<number>();
    const work = async (item: number, working: AbortSignal): Promise<void> => {
      const waiting = queue.wait(item, working);
      if (item % 3 === 0) queue.reject(() => new Error("refused"));
      else queue.admit(() => true);
      await waiting;
    };
    for (let round = 0; round < 2_500; round++) {
      await concurrently([1, 2, 3, 4], 4, work, signal).catch(() => undefined);
    }
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
