import { describe, expect, it } from "vitest";
import { createKnownContent } from "../../../src/inspection/content/known-content.ts";
import { NEVER } from "../../../src/async/abort.ts";
import type { PushedBlob } from "../../../src/oci/image-target.ts";

const digest = `sha256:${"a".repeat(64)}` as const;

/** A sending that lasts until the test ends it. */
function held(from = "source/app") {
  const { promise, resolve, reject } = Promise.withResolvers<PushedBlob["kind"]>();
  const signals: AbortSignal[] = [];
  const send = (signal: AbortSignal): Promise<PushedBlob["kind"]> => {
    signals.push(signal);
    signal.addEventListener("abort", () => reject(signal.reason));
    return promise;
  };
  return { sending: { digest, from, send }, signals, resolve, reject };
}

describe("the content of a target that a run knows", () => {
  it("is asked for once, also by images that ask at the same time", async () => {
    const content = createKnownContent();
    let asked = 0;
    const ask = (): Promise<boolean> => Promise.resolve(asked++ > 0);
    expect(await Promise.all([content.has(digest, ask, NEVER), content.has(digest, ask, NEVER)])).toEqual([
      false,
      false,
    ]);
    expect(await content.has(digest, ask, NEVER)).toBe(false);
    expect(asked).toBe(1);
  });

  it("is sent once: an image that needs it meanwhile waits, and one that needs it later finds it", async () => {
    const content = createKnownContent();
    const first = held();
    const second = held();
    const both = [content.sendOnce(first.sending, NEVER), content.sendOnce(second.sending, NEVER)];
    first.resolve("uploaded");
    expect(await Promise.all(both)).toEqual(["uploaded", "present"]);
    expect(await content.sendOnce(second.sending, NEVER)).toBe("present");
    expect(await content.has(digest, () => Promise.resolve(false), NEVER)).toBe(true);
    expect(second.signals).toHaveLength(0);
  });

  it("is still sent when the image that began to send it fails and another one waits", async () => {
    const content = createKnownContent();
    const { sending, signals, resolve } = held();
    const failed = new AbortController();
    const one = content.sendOnce(sending, failed.signal);
    const other = content.sendOnce(sending, NEVER);
    failed.abort(new Error("another layer failed"));
    await expect(one).rejects.toThrow("another layer failed");
    expect(signals[0]?.aborted).toBe(false);
    resolve("uploaded");
    expect(await other).toBe("present");
  });

  it("is no longer sent when no image waits, and what ends then is waited for", async () => {
    const content = createKnownContent();
    const { promise, resolve } = Promise.withResolvers<void>();
    let isCleanedUp = false;
    const send = async (signal: AbortSignal): Promise<never> => {
      await new Promise((aborted) => signal.addEventListener("abort", aborted));
      await promise;
      isCleanedUp = true;
      throw signal.reason;
    };
    const abort = new AbortController();
    const one = content.sendOnce({ digest, from: "a", send }, abort.signal);
    abort.abort(new Error("interrupted"));
    await expect(one).rejects.toThrow("interrupted");
    const settled = content.settled();
    expect(isCleanedUp).toBe(false);
    resolve();
    await settled;
    expect(isCleanedUp).toBe(true);
  });

  it("fails for all images that wait for it from the same repository, with one request", async () => {
    const content = createKnownContent();
    const first = held();
    const second = held();
    const both = Promise.allSettled([content.sendOnce(first.sending, NEVER), content.sendOnce(second.sending, NEVER)]);
    first.reject(new Error("the source does not have it"));
    expect((await both).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(second.signals).toHaveLength(0);
  });

  it("is sent from another repository when the first one failed", async () => {
    const content = createKnownContent();
    const first = held("source/one");
    const second = held("source/two");
    const both = Promise.allSettled([content.sendOnce(first.sending, NEVER), content.sendOnce(second.sending, NEVER)]);
    first.reject(new Error("the source does not have it"));
    second.resolve("uploaded");
    expect((await both).map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  });

  it("is sent again once it was forgotten", async () => {
    const content = createKnownContent();
    const send = (): Promise<PushedBlob["kind"]> => Promise.resolve("uploaded");
    await content.sendOnce({ digest, from: "a", send }, NEVER);
    content.forget([digest]);
    expect(await content.sendOnce({ digest, from: "a", send }, NEVER)).toBe("uploaded");
  });
});
