import { describe, expect, it } from "vitest";
import { createLruCache } from "../../src/async/lru.ts";

describe("an LRU cache", () => {
  it("creates each value once, and keeps the ones used last", () => {
    const created: string[] = [];
    const open = createLruCache(2, (key) => {
      created.push(key);
      return { key };
    });
    expect(open("a")).toBe(open("a"));
    for (const key of ["b", "a", "c", "a", "b"]) open(key);
    expect(created).toEqual(["a", "b", "c", "b"]);
  });
});
