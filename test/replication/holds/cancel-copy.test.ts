import { describe, expect, it } from "vitest";
import { NEVER } from "../../../src/async/abort.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { CopyCancelledError, createCancellation } from "../../../src/replication/holds/cancellation.ts";
import { cancelCopy, isCancelledImage } from "../../../src/replication/holds/cancel-copy.ts";
import { noteSetAside } from "../../../src/replication/holds/set-aside.ts";
import { claimTag, NEW_TAG } from "../../../src/replication/state/tag-record.ts";
import type { TagRecord } from "../../../src/replication/state/tag-record.ts";

const [ONE, TWO] = [digestOf(Buffer.from("one")), digestOf(Buffer.from("two"))];
const ANN = { by: "ann", at: 100 };
const waiting: TagRecord = {
  ...NEW_TAG,
  fence: 4,
  wantedAt: 50,
  image: ONE,
  last: { outcome: "deferred", reason: "unavailable", since: 60 },
};
const claim = { key: "k", message: "m", owner: "o", now: 200, leaseMs: 45 };

describe("a cancellation", () => {
  it("is of a copy that runs, or waits to be tried again, and of no other", () => {
    const { last: _none, ...noted } = waiting;
    const lease = { message: "m", owner: "o", fence: 4, until: 10, dirty: false };
    const dead: TagRecord = { ...NEW_TAG, fence: 4, wantedAt: 50, lease, last: { outcome: "replicated" } };
    for (const open of [waiting, noted, dead]) expect(cancelCopy(open, ANN).answer).toBe("cancelled");
    const ends: readonly TagRecord["last"][] = [
      { outcome: "replicated" },
      { outcome: "failed", reason: "too-large" },
      { outcome: "skipped", reason: "cancelled" },
    ];
    for (const last of ends) expect(cancelCopy({ ...waiting, last }, ANN)).toEqual({ answer: "nothing" });
    expect(cancelCopy(undefined, ANN)).toEqual({ answer: "nothing" });
    expect(cancelCopy(NEW_TAG, ANN)).toEqual({ answer: "nothing" });
  });

  it("is of the copy that its operator has seen", () => {
    expect(cancelCopy(waiting, { ...ANN, copy: 3 })).toEqual({ answer: "another" });
    expect(cancelCopy(waiting, { ...ANN, copy: 4 }).next?.cancel).toEqual({ ...ANN, wantedAt: 50, digest: ONE });
  });

  it("is made once, and again for a newer push or another image", () => {
    const { next } = cancelCopy(waiting, ANN);
    const bob = { by: "bob", at: 110 };
    expect(next && cancelCopy(next, bob)).toEqual({ answer: "already" });
    expect(next && cancelCopy({ ...next, wantedAt: 51 }, bob).answer).toBe("cancelled");
    expect(next && cancelCopy({ ...next, image: TWO }, bob).next?.cancel).toMatchObject({ by: "bob", digest: TWO });
  });

  it("is over for a push that is newer, and for a request that an operator makes later", () => {
    const cancel = { ...ANN, wantedAt: 50, digest: ONE };
    const begin = (request: { readonly pushedAt: number; readonly askedAt?: number }) =>
      claimTag({ ...waiting, cancel }, { ...claim, ...request }).next?.cancel;
    expect(begin({ pushedAt: 50 })).toEqual(cancel);
    expect(begin({ pushedAt: 0, askedAt: 99 })).toEqual(cancel);
    expect(begin({ pushedAt: 51 })).toBeUndefined();
    expect(begin({ pushedAt: 0, askedAt: 101 })).toBeUndefined();
    const aside = (askedAt: number) =>
      noteSetAside({ ...waiting, cancel }, { pushedAt: 0, askedAt, now: 1 }).next?.cancel;
    expect([aside(99), aside(101)]).toEqual([cancel, undefined]);
  });

  it("is about what the source had by then, if its image is not known", () => {
    const record = { ...waiting, cancel: { ...ANN, wantedAt: 50 } };
    const [before, later] = [100, 3_000].map((changedAt) => isCancelledImage({ digest: TWO, changedAt }, record));
    expect([before, later]).toEqual([true, false]);
    const known = { ...record, cancel: { ...record.cancel, digest: ONE } };
    expect(isCancelledImage({ digest: TWO, changedAt: 1 }, known)).toBe(false);
  });

  it("aborts the work with its reason, whatever the work throws then, and lets other failures and the deadline be", async () => {
    const cancellation = createCancellation();
    const failing = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(new Error("the upload was aborted")), { once: true });
      });
    const working = cancellation.run(ONE, NEVER, failing);
    cancellation.note({ ...ANN, wantedAt: 50 }, 50);
    await expect(working).rejects.toThrow(CopyCancelledError);
    expect(() => cancellation.throwIfCancelled(TWO)).not.toThrow();
    await expect(cancellation.run(TWO, NEVER, () => Promise.reject(new Error("own")))).rejects.toThrow("own");
    const deadline = new AbortController();
    const late = cancellation.run(TWO, deadline.signal, failing);
    deadline.abort(new Error("out of time"));
    await expect(late).rejects.toThrow("the upload was aborted");
  });
});
