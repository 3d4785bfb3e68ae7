import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collect, describeDigest, dropDigest, takeDigest } from "../../../src/replication/notices/notice-digest.ts";
import type { DigestRecord } from "../../../src/replication/notices/notice-digest.ts";
import type { Notice } from "../../../src/replication/notices/notice.ts";

const notice = (group: string, title: string): Notice => ({
  id: title,
  kind: "failed",
  subject: title,
  at: 0,
  title,
  lines: [],
  group,
  data: {},
});
const collected = (notices: readonly Notice[], record: DigestRecord = {}): DigestRecord =>
  notices.reduce((known, each) => collect(known, each, 1_000).next ?? known, record);
const of = (group: string, count: number) =>
  Array.from({ length: count }, (_, index) => notice(group, `${group}${index}`));

describe("a digest", () => {
  it("counts by group, with the first three of each", () => {
    const record = collected([...of("a", 5), ...of("b", 1)]);
    const { answer: digest } = takeDigest(record, "d1");
    expect(digest && describeDigest(digest, "images")).toEqual({
      title: "6 notices of images since 1970-01-01T00:00:01.000Z",
      lines: ["5 × a", "   a0", "   a1", "   a2", "   and 2 more", "1 × b", "   b0"],
    });
  });

  it("is nothing when nothing was collected", () => {
    expect(takeDigest(undefined, "d1")).toEqual({ answer: undefined });
    expect(takeDigest({}, "d1")).toEqual({ answer: undefined });
  });

  it("stays until it was delivered: a crash sends it again with the same id, and what comes meanwhile is sent next", () => {
    const first = takeDigest(collected(of("a", 1)), "d1").next;
    const meanwhile = collected(of("b", 2), first);
    const again = takeDigest(meanwhile, "d2");
    expect(again.answer?.id).toBe("d1");
    expect(again.answer?.groups.map(({ heading }) => heading)).toEqual(["a"]);
    expect(dropDigest(meanwhile, "another").next).toBeUndefined();
    const next = takeDigest(dropDigest(meanwhile, "d1").next, "d3");
    expect([next.answer?.id, next.answer?.groups[0]?.count]).toEqual(["d3", 2]);
    expect(dropDigest(next.next, "d3").next).toEqual({});
  });

  it("counts every notice, and is bounded", () => {
    const groups = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 400 });
    fc.assert(
      fc.property(groups, (list) => {
        const { open } = collected(list.map((group, index) => notice(`g${group}`, `t${index}`)));
        const total = (open?.groups ?? []).reduce((sum, { count }) => sum + count, open?.others ?? 0);
        expect(total).toBe(list.length);
        expect(open?.groups.length ?? 0).toBeLessThanOrEqual(40);
        expect(Math.max(0, ...(open?.groups ?? []).map(({ samples }) => samples.length))).toBeLessThanOrEqual(3);
      }),
    );
  });
});
