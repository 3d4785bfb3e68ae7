import { describe, expect, it } from "vitest";
import { moveLetters } from "../../../src/wiring/letters/move-letters.ts";
import type { DeadLetter } from "../../../src/aws/sqs/dead-letter-queue.ts";

const signal = new AbortController().signal;
const queues = [
  {
    name: "q",
    url: "https://sqs.example/backfill",
    arn: "arn:aws:sqs:r:1:q",
    destination: "gar",
    priority: "backfill",
  },
] as const;

function letter(index: number, destination = "gar"): DeadLetter {
  const body = { version: 1, id: `event-${index}`, destination, repository: "app", reference: "v1", pushedAt: 0 };
  return {
    id: `letter-${index}`,
    body: JSON.stringify(body),
    class: "target",
    reason: "target-denied",
    error: "",
    record: undefined,
    queueArn: undefined,
    deadLetteredAt: 0,
    receiptHandle: `handle-${index}`,
  };
}

/** A queue of dead letters whose claims expire by a clock that advances with every move. */
function createLetters(claimMs: number, moveMs: number) {
  const state = { now: 0, holds: 0, refuses: (_letter: DeadLetter): boolean => false };
  const ends = new Map<DeadLetter, number>();
  const isOver = (each: DeadLetter): boolean => (ends.get(each) ?? claimMs) < state.now;
  return {
    state,
    now: () => state.now,
    claimedAt: 0,
    queues,
    deadLetters: {
      renew(letters: readonly DeadLetter[]) {
        state.holds++;
        const over = new Set(letters.filter(isOver));
        for (const each of letters) if (!over.has(each)) ends.set(each, state.now + claimMs);
        return Promise.resolve(over);
      },
      move(each: DeadLetter) {
        state.now += moveMs;
        if (isOver(each)) return Promise.reject(new Error("the receipt handle has expired"));
        return state.refuses(each) ? Promise.reject(new Error("throttled")) : Promise.resolve();
      },
    },
  };
}

describe("dead letters that are redriven", () => {
  it("are moved also after one that cannot be moved, which stays with its reason", async () => {
    const parts = createLetters(900_000, 10);
    const all = [letter(0), letter(1), { ...letter(2), body: "{" }, letter(3, "gone"), letter(4)];
    parts.state.refuses = ({ id }) => id === "letter-1";
    const { moved, failed } = await moveLetters(all, parts, signal);
    expect([...moved].map(({ id }) => id).toSorted()).toEqual(["letter-0", "letter-4"]);
    expect([...failed].map(([{ id }, problem]) => `${id}: ${problem}`).toSorted()).toEqual([
      "letter-1: Error: throttled; run redrive again",
      "letter-2: it is not a copy request; inspect its body with --json",
      "letter-3: its destination gone is not in the configuration",
    ]);
  });

  it("stay claimed until all are moved, however many there are", async () => {
    const parts = createLetters(900_000, 1_000);
    const all = Array.from({ length: 3_000 }, (_, index) => letter(index));
    const { moved, failed } = await moveLetters(all, parts, signal);
    expect([moved.size, failed.size]).toEqual([3_000, 0]);
    expect(parts.state.now).toBeGreaterThan(3 * 900_000);
    expect(parts.state.holds).toBeLessThan(15);
  });

  it("are left to others when their claim has expired", async () => {
    const parts = createLetters(100_000, 1_000);
    parts.state.now = 400_000;
    const { moved, failed } = await moveLetters([letter(0)], parts, signal);
    expect([moved.size, ...failed.values()]).toEqual([0, "the claim on it has expired; run redrive again"]);
  });

  it("stop between two letters when the command is interrupted", async () => {
    const parts = createLetters(900_000, 10);
    const stop = new AbortController();
    parts.state.refuses = () => {
      stop.abort(new Error("Ctrl-C"));
      return false;
    };
    const all = Array.from({ length: 100 }, (_, index) => letter(index));
    await expect(moveLetters(all, parts, stop.signal)).rejects.toThrow("Ctrl-C");
    expect(parts.state.now).toBeLessThan(200);
  });
});
