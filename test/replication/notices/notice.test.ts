import { describe, expect, it } from "vitest";
import { alarmNotice } from "../../../src/replication/notices/alarm-notice.ts";
import { channelsFor } from "../../../src/replication/notices/notice-channels.ts";
import { oneLine } from "../../../src/replication/notices/notice.ts";
import type { NoticeKind } from "../../../src/replication/notices/notice.ts";
import { pushNotice } from "../../../src/replication/notices/push-notice.ts";
import { EventDetail } from "../../../src/replication/pending/announcement.ts";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import { documentOf } from "../../fixtures/configuration.ts";

const eventOf = (type: string, more: object = {}): EventDetail =>
  EventDetail.parse({
    version: 1,
    id: "e1/gar/team/app:v1/end",
    type,
    destination: "gar",
    repository: "team/app",
    reference: "v1",
    request: "e1",
    at: "2026-11-27T20:00:00.000Z",
    lagSeconds: 400,
    stack: "images",
    ...more,
  });

describe("a notice of a push", () => {
  it.each([
    ["Failed", { outcome: "failed" }, "failed", "🔴 team/app:v1 failed at gar"],
    ["Late", {}, "late", "🟠 team/app:v1 is late at gar: pushed 6 minutes ago"],
    [
      "Skipped",
      { outcome: "quarantined" },
      "quarantined",
      "🟡 team/app:v1 is quarantined: it does not leave the source for gar",
    ],
    ["Replicated", { outcome: "replicated" }, "recovered", "🟢 team/app:v1 has arrived at gar"],
    ["Repaired", { outcome: "replicated" }, "recovered", "🟢 team/app:v1 has arrived at gar"],
    ["LateArrived", { outcome: "replicated" }, "recovered", "🟢 team/app:v1 has arrived at gar"],
  ])("of %s says what happened", (type, more, kind, title) => {
    expect(pushNotice(eventOf(type, more))).toMatchObject({ kind, title, subject: "gar/team/app:v1" });
  });

  it("names an image without a tag by its digest, and says no more of what has arrived", () => {
    const reference = `sha256:${"a".repeat(64)}`;
    const arrived = pushNotice(eventOf("Replicated", { reference }));
    expect(arrived?.title).toBe(`🟢 team/app@${reference} has arrived at gar`);
    expect(arrived?.lines).toEqual(["request e1 of images, 2026-11-27T20:00:00.000Z"]);
  });

  it("does not exist for what was skipped as its rule says", () => {
    expect(pushNotice(eventOf("Skipped", { outcome: "skipped", reason: "not-latest" }))).toBeUndefined();
  });

  it("says why, by which rule, and where to look, each in one line", () => {
    const failed = eventOf("Failed", {
      reason: "target-denied",
      rule: "production",
      error: "denied\nno \u202e access",
    });
    expect(pushNotice(failed)?.lines).toEqual([
      "reason: target-denied",
      "denied no   access",
      "rule: production",
      "more: freightliner status --stack images team/app:v1",
      "request e1 of images, 2026-11-27T20:00:00.000Z",
    ]);
    expect(pushNotice(failed)?.group).toBe("failed at gar, rule production, target-denied");
  });
});

describe("a line of a message", () => {
  it("has at most 500 characters, whole ones", () => {
    expect(Array.from(oneLine("🔴".repeat(600)))).toHaveLength(500);
    expect(oneLine("🔴".repeat(600)).isWellFormed()).toBe(true);
    expect(oneLine("a".repeat(500))).toBe("a".repeat(500));
  });
});

describe("a notice of an alarm", () => {
  const alarm = { AlarmName: "freightliner-dead-letters", NewStateValue: "ALARM", NewStateReason: "one", Region: "EU" };

  it("says what to do, and that the alarm is over", () => {
    const raised = alarmNotice({ ...alarm, AlarmDescription: "Copies failed. What to do: the runbook." }, 5);
    expect(raised).toMatchObject({
      kind: "alarm",
      title: "🔴 freightliner-dead-letters is alarm (EU)",
      lines: ["Copies failed. What to do: the runbook.", "one"],
      at: 5,
    });
    const over = alarmNotice({ ...alarm, NewStateValue: "OK", StateChangeTime: "2026-11-27T20:00:00.000+0000" }, 5);
    expect(over).toMatchObject({ kind: "recovered", at: Date.parse("2026-11-27T20:00:00Z") });
  });

  it("is unimportant without enough data, and undefined for anything else", () => {
    expect(alarmNotice({ ...alarm, NewStateValue: "INSUFFICIENT_DATA" }, 5)).toBe("unimportant");
    expect(alarmNotice({ hello: 1 }, 5)).toBeUndefined();
    expect(alarmNotice(undefined, 5)).toBeUndefined();
  });
});

describe("the channels of a notice", () => {
  const document = documentOf(
    { name: "quiet", repositories: ["team/quiet"], destinations: ["gar"], notify: [] },
    { name: "tags", repositories: ["team/app"], tags: ["v*"], destinations: ["gar"], notify: ["ops"] },
    { name: "rest", repositories: ["**"], destinations: ["gar", "other"] },
  );
  const bus = "arn:aws:events:us-east-1:123456789012:event-bus/told";
  const ops = { name: "ops", kind: "eventBridge", bus } as const;
  const { rules } = parseConfiguration({ ...document, stack: { notifications: [ops] } });
  const channel = (name: string, ...on: NoticeKind[]) => ({ name, on });
  const channels = [channel("ops", "failed", "late"), channel("all", "failed", "late", "recovered", "alarm")];
  const names = (event: EventDetail): string[] => {
    const notice = pushNotice(event);
    return notice === undefined ? [] : channelsFor(notice, channels, rules).map(({ name }) => name);
  };

  it("are those that want its kind, and that its rule names", () => {
    expect(names(eventOf("Failed", { rule: "tags" }))).toEqual(["ops"]);
    expect(names(eventOf("Failed", { rule: "rest" }))).toEqual(["ops", "all"]);
    expect(names(eventOf("Failed", { rule: "quiet" }))).toEqual([]);
    expect(names(eventOf("Replicated", { rule: "rest" }))).toEqual(["all"]);
  });

  it("are found by the patterns when no rule has decided yet, and are all for a rule that is gone", () => {
    expect(names(eventOf("Late"))).toEqual(["ops"]);
    expect(names(eventOf("Late", { reference: "main" }))).toEqual(["ops", "all"]);
    expect(names(eventOf("Late", { repository: "team/quiet" }))).toEqual([]);
    expect(names(eventOf("Late", { repository: "team/quiet", destination: "other" }))).toEqual(["ops", "all"]);
    expect(names(eventOf("Failed", { rule: "removed" }))).toEqual(["ops", "all"]);
  });

  it("of an alarm are those that want alarms, and of its end those that want both", () => {
    const raised = alarmNotice({ AlarmName: "a", NewStateValue: "ALARM" }, 1);
    const over = alarmNotice({ AlarmName: "a", NewStateValue: "OK" }, 2);
    const told = [
      channel("both", "alarm", "recovered"),
      channel("ends", "failed", "recovered"),
      channel("raised", "alarm"),
    ];
    for (const [notice, expected] of [
      [raised, ["both", "raised"]],
      [over, ["both"]],
    ] as const) {
      if (typeof notice !== "object") throw new Error("no notice");
      expect(channelsFor(notice, told, []).map(({ name }) => name)).toEqual(expected);
    }
  });
});
