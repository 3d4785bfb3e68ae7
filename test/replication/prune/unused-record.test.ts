import { describe, expect, it } from "vitest";
import { MIRRORED } from "../../../src/replication/deletes/deleted-repositories.ts";
import { DeletionRecord, newDeletionRecord } from "../../../src/replication/deletes/deletion-record.ts";
import { PRUNED_KINDS, whyUnused } from "../../../src/replication/prune/unused-record.ts";
import type { PrunedKind } from "../../../src/replication/prune/unused-record.ts";

const DAY_MS = 86_400_000;
const NOW = 400 * DAY_MS;
const IN_USE = {
  destinations: new Set(["europe"]),
  comparisons: new Set(["nightly"]),
  jobs: new Set(["weekly"]),
  now: NOW,
};
const why = (kind: PrunedKind, key: string, record: unknown = {}) =>
  whyUnused({ kind, key, record, version: 1 }, IN_USE);

const DIGEST = `sha256:${"0".repeat(64)}`;
const FINISHED = { startedAt: 1, after: "z", finishedAt: 2 };
const UNFINISHED = { startedAt: 1, after: "m" };
const ended = (daysAgo: number) => ({
  id: "1",
  startedAt: 0,
  endedAt: NOW - daysAgo * DAY_MS,
  attempts: 1,
  outcome: { kind: "succeeded", result: "" },
});
const empty = newDeletionRecord("team/app");
const tombstone = { tag: "v1", digest: DIGEST, by: "event", cause: "source-deleted", rule: "all", seenAt: 1, dueAt: 2 };

describe("a record", () => {
  it.each([
    ["of a circuit", "CIRCUIT", {}],
    ["of a rate", "RATE", {}],
    ["of queues that the probe paused", "INTAKE", { state: "paused", since: 1, probedAt: 1, isDone: true }],
  ] as const)("%s has no use once its destination was removed, and stays while it is there", (_what, kind, record) => {
    expect(why(kind, "asia", record)).toBe("of a destination that was removed");
    expect(why(kind, "europe", record)).toBeUndefined();
  });

  it("of a pause by an operator stays, also while its destination is away", () => {
    expect(why("INTAKE", "asia", { state: "held", since: 1, by: "ops", isDone: true })).toBeUndefined();
  });

  it("of a comparison has no use once the configuration does not name it", () => {
    expect(why("RECONCILE", "schedule-hourly", UNFINISHED)).toBe("of a comparison that was removed");
    expect(why("RECONCILE", "schedule-nightly", FINISHED)).toBeUndefined();
  });

  it("of the comparison of one repository has no use once that is finished; one that a job continues stays", () => {
    expect(why("RECONCILE", "repository-team/app", FINISHED)).toBe("of a finished comparison of one repository");
    expect(why("RECONCILE", "repository-team/app", UNFINISHED)).toBeUndefined();
  });

  it.each(["schedule-hourly", "repository-team/app"])(
    "of the comparison %s stays while an invocation works on it",
    (key) => {
      const lease = { owner: "one", until: NOW + 1 };
      expect(why("RECONCILE", key, { ...FINISHED, lease })).toBeUndefined();
      expect(why("RECONCILE", key, { ...FINISHED, lease: { ...lease, until: NOW } })).toBeDefined();
    },
  );

  it.each(["source", "slow", MIRRORED])("of the stack's own comparisons, %s, stays", (key) => {
    expect(why("RECONCILE", key, FINISHED)).toBeUndefined();
  });

  it("of deletes has no use once nothing waits, is kept or was deleted within a day", () => {
    expect(why("DELETION", "asia/team/app", empty)).toBe("of a repository without deletes");
    const hours = (hoursAgo: number) => [{ at: NOW - hoursAgo * 3_600_000, count: 3 }];
    expect(why("DELETION", "europe/team/app", { ...empty, hours: hours(25) })).toBe("of a repository without deletes");
  });

  it.each([
    ["a tombstone that waits", { tombstones: [tombstone] }],
    ["a tag that an operator has kept", { kept: [{ tag: "v1", digest: DIGEST }] }],
    ["a delete that was heard", { heard: [{ tag: "v1", by: "event", at: 1 }] }],
    ["deletes of today, which limit those that follow", { hours: [{ at: NOW - 3_600_000, count: 1 }] }],
  ])("of deletes stays with %s, also of a destination that was removed", (_what, more) => {
    // It is understood, and stays for what it says.
    const record = DeletionRecord.parse({ ...empty, ...more });
    expect(why("DELETION", "asia/team/app", record)).toBeUndefined();
  });

  it("of the runs of a job outlives it by 90 days", () => {
    expect(why("RUNS", "gone", { history: [ended(91), ended(300)] })).toBe("of a job that was removed");
    expect(why("RUNS", "gone", { history: [ended(89), ended(300)] })).toBeUndefined();
    expect(why("RUNS", "weekly", { history: [ended(91)] })).toBeUndefined();
  });

  it("of the runs of a job that was removed stays while one is under way", () => {
    const running = { id: "2", startedAt: NOW, until: NOW + 1_000, isCancelled: false };
    expect(why("RUNS", "gone", { running, history: [ended(91)] })).toBeUndefined();
  });

  it("that is not understood stays", () => {
    for (const kind of ["INTAKE", "RECONCILE", "DELETION", "RUNS"] as const)
      expect(why(kind, "schedule-gone", { other: "version" })).toBeUndefined();
  });

  it("of tags, checkpoints, receipts, seals, pushes and pauses is not looked at", () => {
    const others = [
      "TAG",
      "CONTENT",
      "EVENT",
      "MESSAGE",
      "SEAL",
      "PENDING",
      "PAUSE",
      "IMAGE",
      "BACKFILL",
      "JOBS",
      "CANARY",
    ];
    expect(PRUNED_KINDS.filter((kind) => others.includes(kind))).toEqual([]);
  });
});
