import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { concurrently } from "../../../src/async/run-concurrently.ts";
import { createAdmissionQueue } from "../../../src/replication/pacing/admission-queue.ts";

describe("turns", () => {
  it("let in what may enter, in order, and leave the others waiting", async () => {
    const turns = createAdmissionQueue<number>();
    const { signal } = new AbortController();
    const entered: number[] = [];
    const all = [3, 1, 2].map((item) => turns.wait(item, signal).then(() => entered.push(item)));
    turns.admit((item) => item < 3);
    await Promise.all(all.slice(1));
    expect(entered).toEqual([1, 2]);
    turns.admit(() => true);
    await Promise.all(all);
    expect(entered).toEqual([1, 2, 3]);
  });

  it("refuse what waits, with a reason for each", async () => {
    const turns = createAdmissionQueue<number>();
    const waiting = turns.wait(7, new AbortController().signal);
    turns.reject((item) => new Error(`no place for ${item}`));
    await expect(waiting).rejects.toThrow("no place for 7");
  });

  it("end with the signal, and nothing is let in after that", async () => {
    const turns = createAdmissionQueue<number>();
    const stop = new AbortController();
    const waiting = turns.wait(1, stop.signal);
    stop.abort(new Error("out of time"));
    await expect(waiting).rejects.toThrow("out of time");
    await expect(turns.wait(2, stop.signal)).rejects.toThrow("out of time");
    turns.admit(() => expect.unreachable("nothing waits"));
  });

  it("leave no listener on a signal that lives on, nor does work at once, ten thousand times", async () => {
    const { signal } = new AbortController();
    const turns = createAdmissionQueue<number>();
    const work = async (item: number, working: AbortSignal): Promise<void> => {
      const waiting = turns.wait(item, working);
      if (item % 3 === 0) turns.reject(() => new Error("refused"));
      else turns.admit(() => true);
      await waiting;
    };
    for (let round = 0; round < 2_500; round++) {
      await concurrently([1, 2, 3, 4], 4, work, signal).catch(() => undefined);
    }
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
