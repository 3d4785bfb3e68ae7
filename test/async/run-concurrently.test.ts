import { describe, expect, it } from "vitest";
import { concurrently } from "../../src/async/run-concurrently.ts";

/** Works until it is stopped, and fails with what it makes of the reason. */
function untilStopped(signal: AbortSignal, meaning: (reason: unknown) => unknown): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(meaning(signal.reason))));
}

describe("concurrent work", () => {
  it("that is aborted fails with the error of a worker, not with the reason of the abort", async () => {
    const stop = new AbortController();
    const found = new Error("was not through after all that time");
    const work = (name: string, signal: AbortSignal): Promise<never> =>
      untilStopped(signal, (reason) => {
        if (name === "first") return reason;
        return name === "second" ? new Error("the request was broken off", { cause: reason }) : found;
      });
    const all = concurrently(["first", "second", "third"], 3, work, stop.signal);
    stop.abort(new Error("out of time"));
    await expect(all).rejects.toBe(found);
  });

  it("fails with the reason of the abort when no worker has another error", async () => {
    const stop = new AbortController();
    const all = concurrently([1, 2], 2, (_item, signal) => untilStopped(signal, (reason) => reason), stop.signal);
    const reason = new Error("out of time");
    stop.abort(reason);
    await expect(all).rejects.toBe(reason);
  });

  it("fails with its first failure, after all workers have ended", async () => {
    let running = 0;
    const first = new Error("first");
    const work = async (item: number, signal: AbortSignal): Promise<void> => {
      running++;
      try {
        if (item === 2) throw first;
        await untilStopped(signal, () => new Error("another"));
      } finally {
        running--;
      }
    };
    await expect(concurrently([1, 2, 3], 3, work, new AbortController().signal)).rejects.toBe(first);
    expect(running).toBe(0);
  });
});
