import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import { DOCUMENT, HOUR, MINUTE, setUp } from "./reconcile-fixture.ts";

const NIGHTLY = { name: "nightly", at: "cron(0 2 * * ? *)", timeZone: "Europe/Berlin", include: ["archive/**"] };
const reconcile = { exclude: ["archive/**"], schedules: [NIGHTLY] };

describe("a scheduled comparison", () => {
  it("compares its repositories when it is due; the regular one leaves them out", async () => {
    const { push, handle, asked, count, sent } = setUp({ document: { reconcile } });
    push("app:v1", "1");
    push("archive/old:v1", "2");
    await handle(60_000);
    expect(asked()).toEqual(["app:v1"]);
    expect(await handle(60_000, "nightly")).toEqual({
      outcome: "finished",
      repositories: 1,
      asked: 1,
      missed: 1,
      unavailable: [],
    });
    expect(asked()).toEqual(["app:v1", "archive/old:v1"]);
    expect(sent[1]?.id).toMatch(/^reconcile-schedule-nightly-/);
    // The heartbeat is the regular one's.
    expect(count("ReconciliationsFinished")).toBe(1);
  });

  it("is not started by regular invocations, but resumed when it was interrupted", async () => {
    const { push, handle, asked, cycles, time } = setUp({ document: { reconcile } });
    for (const name of ["a", "b", "c"]) push(`archive/${name}:v1`, name);
    time.now += 24 * HOUR;
    await handle(60_000);
    expect(asked()).toEqual([]);
    const startedAt = time.now;
    await cycles.update("schedule-nightly", () => ({ next: { startedAt, after: "archive/a" }, answer: undefined }));
    time.now += 5 * MINUTE;
    expect(await handle(60_000)).toMatchObject({ outcome: "finished", repositories: 2, asked: 2 });
    expect(asked()).toEqual(["archive/b:v1", "archive/c:v1"]);
    time.now += 5 * MINUTE;
    expect(await handle(60_000)).toMatchObject({ repositories: 0 });
  });

  it("does not start while it is still running", async () => {
    const { push, handle, asked, cycles, time } = setUp({ document: { reconcile } });
    push("archive/old:v1", "2");
    await handle(60_000);
    const lease = { owner: "another", until: time.now + 1_000 };
    const running = { startedAt: time.now, after: "", lease };
    await cycles.update("schedule-nightly", () => ({ next: running, answer: undefined }));
    expect(await handle(60_000, "nightly")).toMatchObject({ outcome: "rest" });
    expect(asked()).toEqual([]);
  });

  it("does not start when the configuration no longer has it", async () => {
    const { push, handle, asked } = setUp({ document: { reconcile } });
    push("archive/old:v1", "2");
    await handle(60_000, "weekly");
    expect(asked()).toEqual([]);
  });

  it.each([
    [
      { ...NIGHTLY, at: "every night" },
      /reconcile\.schedules\[0\]\.at: "every night" is neither rate\(VALUE UNIT\) nor cron/,
    ],
    [{ ...NIGHTLY, at: "rate(1 hours)" }, /schedules\[0\]\.at/],
    [{ ...NIGHTLY, at: "cron(0 2 * * * *)" }, /needs \? for exactly one of day of month and day of week/],
    [{ ...NIGHTLY, timeZone: "+05:30" }, /schedules\[0\]\.timeZone: is not a time zone/],
    [{ ...NIGHTLY, timeZone: "Europe/Atlantis" }, /schedules\[0\]\.timeZone: is not a time zone/],
  ])("is refused by its field when it is %o", (schedule, problem) => {
    expect(() => parseConfiguration({ ...DOCUMENT, reconcile: { schedules: [schedule] } })).toThrow(problem);
  });

  it("has a unique name", () => {
    const document = { ...DOCUMENT, reconcile: { schedules: [NIGHTLY, NIGHTLY] } };
    expect(() => parseConfiguration(document)).toThrow(/reconcile\.schedules: "nightly" is defined twice/);
  });

  it.each(["rate(1 day)", "rate(12 hours)", "cron(15 10 ? * 6L 2026-2030)", "cron(0/30 8-18 ? * MON-FRI *)"])(
    "may be %s",
    (at) => {
      expect(parseConfiguration({ ...DOCUMENT, reconcile: { schedules: [{ ...NIGHTLY, at }] } })).toBeDefined();
    },
  );
});
