import { describe, expect, it } from "vitest";
import { NEVER } from "../../src/async/abort.ts";
import type { Change, RecordStore } from "../../src/replication/state/record-store.ts";

/** The contract of every record store. */
export function recordStoreContract(name: string, openStore: () => RecordStore<number>): void {
  const open = () => {
    const store = openStore();
    return {
      update: <Answer>(key: string, change: (known: number | undefined) => Change<number, Answer>, signal = NEVER) =>
        store.update(key, change, signal),
      read: (key: string, signal = NEVER) => store.read(key, signal),
    };
  };
  describe(`${name} as a record store`, () => {
    it("passes undefined to a change of an absent record, and afterwards the value that it has written", async () => {
      const store = open();
      const first = await store.update("first", (known) => ({ next: 1, answer: known }));
      const second = await store.update("first", (known) => ({ answer: known }));
      expect([first, second]).toEqual([undefined, 1]);
    });

    it("reads what the last change left, and undefined where there is no record", async () => {
      const store = open();
      const before = await store.read("read");
      for (const next of [1, 2]) await store.update("read", () => ({ next, answer: 0 }));
      expect([before, await store.read("read"), await store.read("read")]).toEqual([undefined, 2, 2]);
    });

    it("rejects a read with the reason of a signal that is aborted", async () => {
      const reason = new Error("the time is up");
      await expect(open().read("stopped", AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    it("keeps records with different keys apart, whatever characters the keys contain", async () => {
      const store = open();
      const keys = ["a", "a#b", "a/b:c", "A", "ä"];
      for (const [index, key] of keys.entries()) await store.update(key, () => ({ next: index, answer: 0 }));
      for (const [index, key] of keys.entries()) expect(await store.read(key)).toBe(index);
    });

    it("applies each of many concurrent changes", async () => {
      const store = open();
      await Promise.all(
        Array.from({ length: 12 }, () => store.update("sum", (known) => ({ next: (known ?? 0) + 1, answer: 0 }))),
      );
      expect(await store.read("sum")).toBe(12);
    });

    it("lets exactly one of many concurrent claims win", async () => {
      const store = open();
      const claims = Array.from({ length: 20 }, (_, index) =>
        store.update("claim", (known) => (known === undefined ? { next: index, answer: "won" } : { answer: "lost" })),
      );
      expect((await Promise.all(claims)).filter((answer) => answer === "won")).toHaveLength(1);
    });

    it("rejects with the reason of a signal that is aborted, and writes nothing", async () => {
      const store = open();
      const reason = new Error("the time is up");
      const stopped = store.update("stopped", () => ({ next: 1, answer: 0 }), AbortSignal.abort(reason));
      await expect(stopped).rejects.toBe(reason);
      expect(await store.read("stopped")).toBeUndefined();
    });

    it("writes nothing when the signal is aborted between read and write", async () => {
      const store = open();
      const reason = new Error("the time is up");
      const stop = new AbortController();
      const change = () => {
        stop.abort(reason);
        return { next: 1, answer: 0 };
      };
      await expect(store.update("cut", change, stop.signal)).rejects.toBe(reason);
      expect(await store.read("cut")).toBeUndefined();
    });
  });
}
