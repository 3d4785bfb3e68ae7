import { describe, expect, it } from "vitest";
import { Job } from "../../../src/replication/jobs/job.ts";
import { atMs, rateMs } from "../../../src/replication/jobs/schedule-expression.ts";

const task = { kind: "copy-tag", repository: "team/app", tag: "1.0" };
const isJob = (more: object): boolean => Job.safeParse({ name: "nightly", task, ...more }).success;

describe("the definition of a job", () => {
  it.each([
    "rate(5 minutes)",
    "rate(1 day)",
    "cron(0 3 * * ? *)",
    "cron(0/5 8-17 ? * MON-FRI *)",
    "at(2026-12-24T03:00:00)",
  ])("takes the schedule %s", (schedule) => expect(isJob({ schedule })).toBe(true));

  it.each([
    "rate(0 minutes)",
    "rate(5 seconds)",
    "cron(0 3 * *)",
    "at(2026-02-30T03:00:00)",
    "every day",
    "rate(5 minutes)\n",
  ])("refuses the schedule %j", (schedule) => expect(isJob({ schedule })).toBe(false));

  it.each(["Nightly", "-a", "", "a".repeat(49), "../x", "a/b"])("refuses the name %j", (name) =>
    expect(isJob({ name })).toBe(false),
  );

  it("refuses hosts where a repository, a tag or a destination belongs, and parameters that it does not know", () => {
    expect(isJob({ task: { ...task, repository: "https://evil.example/app" } })).toBe(false);
    expect(isJob({ task: { ...task, repository: "evil.example:443/app" } })).toBe(false);
    expect(isJob({ task: { ...task, tag: "evil.example/app:1" } })).toBe(false);
    expect(isJob({ task: { ...task, registry: "evil.example" } })).toBe(false);
    expect(isJob({ task: { kind: "shell", command: "true" } })).toBe(false);
  });

  it("has limits of time and retries", () => {
    expect([isJob({ timeoutSeconds: 841 }), isJob({ timeoutSeconds: 0 }), isJob({ retries: 6 })]).toEqual([
      false,
      false,
      false,
    ]);
    expect(Job.parse({ name: "nightly", task })).toMatchObject({ timeoutSeconds: 600, retries: 0, enabled: true });
  });

  it("reads intervals and times", () => {
    expect([rateMs("rate(2 hours)"), rateMs("cron(0 3 * * ? *)")]).toEqual([7_200_000, undefined]);
    expect(atMs("at(1970-01-01T00:00:01)")).toBe(1_000);
  });
});
