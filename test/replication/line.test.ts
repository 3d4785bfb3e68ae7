import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { createLine } from "../../src/replication/line.ts";
import { createSpeed } from "../../src/replication/time-left.ts";

const signal = new AbortController().signal;
const GIGABYTE = 1_000_000_000;
const blobOf = (name: string, size: number) => ({
  mediaType: "application/octet-stream",
  digest: digestOf(new TextEncoder().encode(name)),
  size,
});

describe("a blob that waits for the line", () => {
  it("is told why the one before it failed, not that the time is too short", async () => {
    const speed = createSpeed();
    // A line that carries neither of both in the time there is.
    speed.observe(GIGABYTE, GIGABYTE);
    const time = { limitMs: 900_000, remainingMs: () => 895_000, speed };
    const line = createLine({ time, clock: { now: () => 0 }, width: undefined });
    const away = new Error("the target is away");
    const sent: string[] = [];
    const run = (name: string): Promise<unknown> =>
      line
        .run({ blob: blobOf(name, GIGABYTE), isFree: false }, signal, () => {
          sent.push(name);
          return Promise.reject(away);
        })
        .catch((error: unknown) => error);
    expect(await Promise.all([run("first"), run("second")])).toEqual([away, away]);
    expect(sent).toEqual(["first"]);
  });
});
