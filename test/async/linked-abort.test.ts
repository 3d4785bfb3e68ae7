import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { linkAbort } from "../../src/async/linked-abort.ts";

describe("an abort linked to a signal", () => {
  it("aborts with the reason of the signal that it follows", () => {
    const parent = new AbortController();
    using linked = linkAbort(parent.signal);
    const reason = new Error("the caller has left");
    parent.abort(reason);
    expect(linked.signal.reason).toBe(reason);
  });

  it("is aborted from the start when the signal was", () => {
    using linked = linkAbort(AbortSignal.abort("before"));
    expect(linked.signal.reason).toBe("before");
  });

  it("aborts on its own, and leaves the signal that it follows alone", () => {
    const parent = new AbortController();
    using linked = linkAbort(parent.signal);
    linked.abort("of its own");
    expect([linked.signal.reason, parent.signal.aborted]).toEqual(["of its own", false]);
  });

  it("follows no longer once it is disposed of, and leaves no listener behind", () => {
    const parent = new AbortController();
    const linked = linkAbort(parent.signal);
    expect(getEventListeners(parent.signal, "abort")).toHaveLength(1);
    linked[Symbol.dispose]();
    expect(getEventListeners(parent.signal, "abort")).toHaveLength(0);
    parent.abort("late");
    expect(linked.signal.aborted).toBe(false);
  });
});
