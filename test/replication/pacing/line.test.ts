import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { createLine } from "../../../src/replication/pacing/line.ts";
import type { Line } from "../../../src/replication/pacing/line.ts";
import { createSpeed, TooLargeError } from "../../../src/replication/pacing/time-budget.ts";

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

describe("a blob alone on the line", () => {
  /** Sends a blob of a gigabyte, tells what `moves` says of it, and answers with what became of it. */
  async function sendBeside(moves: (line: Line, pass: (ms: number) => void) => void): Promise<unknown> {
    let now = 0;
    const time = { limitMs: 900_000, remainingMs: () => 900_000 - now, speed: createSpeed() };
    const line = createLine({ time, clock: { now: () => now }, width: undefined });
    const sending = line.run({ blob: BIG, isFree: false }, signal, (stopped) => {
      moves(line, (ms) => (now += ms));
      return stopped.aborted ? Promise.reject(stopped.reason) : Promise.resolve("sent");
    });
    return sending.catch((error: unknown) => error);
  }
  const BIG = blobOf("big", GIGABYTE);
  const SMALL = blobOf("small", 1_000).digest;

  it("of which no byte is through yet is not too slow: the target is silent", async () => {
    const outcome = await sendBeside((line, pass) => {
      pass(100_000);
      line.moved(SMALL, 1_000);
      pass(1_000);
      line.moved(SMALL, 1_000);
    });
    expect(outcome).toBe("sent");
  });

  it("that is sent again is as fast as it is now, not as it was before it broke", async () => {
    const outcome = await sendBeside((line, pass) => {
      line.moved(BIG.digest, 1_000);
      pass(400_000);
      line.opened(BIG.digest);
      pass(100_000);
      line.moved(BIG.digest, GIGABYTE / 4);
    });
    expect(outcome).toBe("sent");
  });

  it("that drips is too large, after a tenth of the time", async () => {
    const outcome = await sendBeside((line, pass) => {
      line.moved(BIG.digest, 1_000);
      pass(100_000);
      line.moved(BIG.digest, 1_000);
    });
    expect(outcome).toBeInstanceOf(TooLargeError);
  });
});
