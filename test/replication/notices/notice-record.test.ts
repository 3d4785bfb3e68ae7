import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { beginNotice, finishNotice, pendingRecovery } from "../../../src/replication/notices/notice-record.ts";
import type { NoticeRecord, NoticeStep } from "../../../src/replication/notices/notice-record.ts";
import type { Notice, NoticeKind } from "../../../src/replication/notices/notice.ts";

const notice = (kind: NoticeKind, at: number, more: Partial<Notice> = {}): Notice => ({
  id: `${kind}-${at}`,
  kind,
  subject: "gar/app:v1",
  at,
  title: `${kind} ${at}`,
  lines: [],
  group: kind,
  data: {},
  ...more,
});

/** One channel and one subject: what is delivered, where `fails` says which deliveries do not work. */
function channel(fails: (id: string) => boolean = () => false) {
  const delivered: string[] = [];
  const state: { record?: NoticeRecord; now: number } = { now: 0 };
  const deliver = (each: Notice): void => {
    if (fails(each.id)) return;
    delivered.push(each.id);
    const { next, answer } = finishNotice(state.record, each, state.now);
    if (next !== undefined) state.record = next;
    if (answer !== undefined) deliver(answer);
  };
  function take(each: Notice): NoticeStep {
    state.now += 1;
    const { next, answer } = beginNotice(state.record, each, state.now);
    if (next !== undefined) state.record = next;
    const waiting = answer === "duplicate" ? pendingRecovery(state.record) : undefined;
    if (waiting !== undefined) deliver(waiting);
    if (answer === "send") deliver(each);
    return answer;
  }
  return { take, delivered, state };
}

describe("what a channel is told about one tag", () => {
  it("is each failure once, and the arrival after it", () => {
    const { take, delivered } = channel();
    const failed = notice("failed", 10);
    expect([failed, failed, notice("recovered", 20), notice("recovered", 20)].map(take)).toEqual([
      "send",
      "duplicate",
      "send",
      "duplicate",
    ]);
    expect(delivered).toEqual(["failed-10", "recovered-20"]);
  });

  it("is no arrival without a problem, and none of a push that is older than the problem", () => {
    const { take, delivered } = channel();
    expect(take(notice("recovered", 5))).toBe("nothing");
    take(notice("failed", 10));
    expect(take(notice("recovered", 9))).toBe("nothing");
    expect(take(notice("recovered", 11))).toBe("send");
    expect(take(notice("recovered", 12))).toBe("nothing");
    expect(delivered).toEqual(["failed-10", "recovered-11"]);
  });

  it("is the arrival after its problem when the arrival comes first, or the problem is delivered late", () => {
    const early = channel();
    expect(early.take(notice("recovered", 20, { followsProblem: true }))).toBe("waits");
    early.take(notice("late", 10));
    expect(early.delivered).toEqual(["late-10", "recovered-20"]);
    const down = { is: true };
    const slow = channel(() => down.is);
    slow.take(notice("failed", 10));
    expect(slow.take(notice("recovered", 20))).toBe("waits");
    down.is = false;
    slow.take(notice("failed", 10));
    expect(slow.delivered).toEqual(["failed-10", "recovered-20"]);
  });

  it("is an arrival whose delivery failed when its problem, or it itself, is delivered again", () => {
    const failing = new Set(["recovered-20"]);
    const { take, delivered } = channel((id) => failing.has(id));
    take(notice("failed", 10));
    take(notice("recovered", 20));
    failing.clear();
    take(notice("recovered", 20));
    expect(delivered).toEqual(["failed-10", "recovered-20"]);
  });

  it("is an older problem, too, without ending the newer one", () => {
    const { take, delivered } = channel();
    take(notice("failed", 20));
    expect(take(notice("late", 10))).toBe("send");
    expect(take(notice("recovered", 15))).toBe("nothing");
    take(notice("recovered", 30));
    expect(delivered).toEqual(["failed-20", "late-10", "recovered-30"]);
  });

  it("is an alarm that flaps once in its quiet time, and again after it", () => {
    const { take, state } = channel();
    const alarm = (at: number) => notice("alarm", at, { quietMs: 100 });
    expect(take(alarm(1))).toBe("send");
    expect(take(alarm(2))).toBe("quiet");
    take(notice("recovered", 3));
    expect(take(alarm(4))).toBe("send");
    state.now += 100;
    expect(take(alarm(105))).toBe("send");
  });

  it("is each problem exactly once, and never an arrival without one, in any order and with failing deliveries", () => {
    const events = fc.array(fc.record({ at: fc.integer({ min: 1, max: 12 }), isEnd: fc.boolean() }), { maxLength: 30 });
    fc.assert(
      fc.property(events, fc.array(fc.boolean(), { maxLength: 60 }), (list, outcomes) => {
        let tries = 0;
        const isBroken = { now: true };
        const { take, delivered } = channel(() => isBroken.now && outcomes[tries++] === false);
        const notices = list.map(({ at, isEnd }) => notice(isEnd ? "recovered" : "failed", at));
        for (const each of notices) take(each);
        // The queue delivers again what failed, and more.
        isBroken.now = false;
        for (const each of notices) take(each);
        const problems = [...new Set(notices.filter(({ kind }) => kind === "failed").map(({ id }) => id))];
        expect(delivered.filter((id) => id.startsWith("failed")).toSorted()).toEqual(problems.toSorted());
        // An arrival is never first, and two are never told in a row without a problem between them.
        const arrivals = delivered.filter(
          (id, index) => id.startsWith("recovered") && !delivered[index - 1]?.startsWith("failed"),
        );
        expect(arrivals).toEqual([]);
      }),
    );
  });
});
