import { describe, expect, it } from "vitest";
import { shareTimers } from "../../src/async/shared-timers.ts";
import { createVirtualTime } from "../fixtures/clocks/virtual-time.ts";

function shared() {
  const time = createVirtualTime();
  const seen: string[] = [];
  let timers = 0;
  const start = (ms: number, act: () => void): void => {
    timers++;
    time.after(ms, act);
  };
  const after = shareTimers(() => time.now(), start);
  const note = (name: string) => (): void => void seen.push(`${name} at ${time.passed()}`);
  return { time, after, note, seen, timers: () => timers };
}

describe("timers that calls of one length share", () => {
  it("make each call at its own time", async () => {
    const { time, after, note, seen } = shared();
    after(100, note("first"));
    await time.run(30);
    after(100, note("second"));
    after(40, note("short"));
    await time.run(1_000);
    expect(seen).toEqual(["short at 70", "first at 100", "second at 130"]);
  });

  it("are one for a thousand calls that are cancelled in time", async () => {
    const { time, after, note, seen, timers } = shared();
    for (let at = 0; at < 1_000; at++) after(5_000, note("late"))();
    await time.run(10_000);
    expect([seen, timers()]).toEqual([[], 1]);
  });

  it("end with the last call: the next one starts another", async () => {
    const { time, after, note, seen, timers } = shared();
    after(100, note("first"));
    await time.run(1_000);
    after(100, note("second"));
    await time.run(2_000);
    expect([seen, timers()]).toEqual([["first at 100", "second at 1100"], 2]);
  });

  it("do not make a call that another one cancels at the same moment", async () => {
    const { time, after, note, seen } = shared();
    after(100, () => cancel());
    const cancel = after(100, note("cancelled"));
    after(100, note("third"));
    await time.run(1_000);
    expect(seen).toEqual(["third at 100"]);
  });

  it("make a call that is scheduled during another one", async () => {
    const { time, after, note, seen } = shared();
    after(100, () => void after(100, note("again")));
    await time.run(1_000);
    expect(seen).toEqual(["again at 200"]);
  });

  it("make the other calls after one that throws", async () => {
    const { time, after, note, seen } = shared();
    after(100, () => {
      throw new Error("broken");
    });
    after(100, note("second"));
    await expect(time.run(150)).rejects.toThrow("broken");
    await time.run(1_000);
    expect(seen).toEqual(["second at 100"]);
  });
});
