import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { creditBytes, returnBytes, takeBytes } from "../../../src/replication/pre-copy/pre-copy-budget.ts";
import type { PreCopyBudget } from "../../../src/replication/pre-copy/pre-copy-budget.ts";

const DAY_MS = 86_400_000;
const LIMIT = 1_000;

const take = (known: PreCopyBudget | undefined, bytes: number, now = 0) =>
  takeBytes(known, { bytes, limitBytes: LIMIT, now });

describe("the budget of pre-copies", () => {
  it("refuses bytes beyond its limit, and takes smaller ones that fit", () => {
    const { next } = take(undefined, 900);
    expect(take(next, 101)).toEqual({ answer: false });
    expect(take(next, 100)).toMatchObject({ answer: true, next: { sent: 1_000 } });
  });

  it("has room again for bytes that a tag has used, and for bytes that were not sent", () => {
    const { next } = take(undefined, 1_000);
    expect(take(creditBytes(next, 400, 0).next, 400).answer).toBe(true);
    expect(take(returnBytes(next, 300, 0).next, 300).answer).toBe(true);
    expect(take(returnBytes(next, 300, 0).next, 301).answer).toBe(false);
  });

  it("begins anew each day", () => {
    const { next } = take(undefined, 1_000, DAY_MS - 1);
    expect(take(next, 1, DAY_MS - 1).answer).toBe(false);
    expect(take(next, 1_000, DAY_MS).answer).toBe(true);
  });

  it("never sends more in vain than its limit for each day, whatever is used when", () => {
    const step = fc.record({ kind: fc.constantFrom("send", "use"), bytes: fc.nat(700), day: fc.nat(1) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let known: PreCopyBudget | undefined;
        let now = 0;
        let sent = 0;
        let used = 0;
        for (const { kind, bytes, day } of steps) {
          now += (day * DAY_MS) / 2;
          if (kind === "send") {
            const { next, answer } = take(known, bytes, now);
            if (answer) sent += bytes;
            known = next ?? known;
          } else {
            const truly = Math.min(bytes, sent - used);
            used += truly;
            known = creditBytes(known, truly, now).next;
          }
          const days = Math.floor(now / DAY_MS) + 1;
          expect(sent - used).toBeLessThanOrEqual(days * LIMIT);
        }
      }),
    );
  });
});
