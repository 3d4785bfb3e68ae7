import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/reconcile/handler.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { parseRepositoryName, parseTag } from "../../../src/oci/reference.ts";
import { NEW_TAG } from "../../../src/replication/state/tag-record.ts";
import { MIRROR, mirrored, setRecord } from "./mirrored-repository.ts";
import { HOUR, digest } from "./reconcile-fixture.ts";

const DAY = 24 * HOUR;

/** As ECR's catalog answers. */
const GONE = new RegistryError(
  { side: "source", operation: "list-tags", subject: "a", category: "deferred", code: "NAME_UNKNOWN" },
  "is gone",
);

describe("a rule that mirrors deletes", () => {
  it("deletes a tag after the grace period, and not before", async () => {
    const { source, compareAfter, left, outcomes, count, tags } = await mirrored(MIRROR, ["v1", "v2", "v3"]);
    source.delete("a:v2");
    await compareAfter(0);
    await compareAfter(DAY - 1);
    expect([left(), count("TombstonesWritten"), count("TagsDeleted")]).toEqual([["v1", "v2", "v3"], 1, 0]);
    await compareAfter(HOUR);
    expect([left(), outcomes(), count("TagsDeleted")]).toEqual([["v1", "v3"], ["v2 deleted: source-deleted"], 1]);
    expect(await tags.read("gar/p/a:v2")).toMatchObject({ last: { outcome: "skipped", reason: "source-gone" } });
    expect((await tags.read("gar/p/a:v2"))?.replicated).toBeUndefined();
  });

  it("counts the grace period from what the source said, also where that did not name the image", async () => {
    const { source, compareAfter, left, deletions, time, outcomes } = await mirrored(MIRROR, ["v1", "v2", "v3"]);
    source.delete("a:v2");
    const heard = [
      { tag: "v2", by: "event", at: time.now - HOUR / 2 },
      { tag: "v3", by: "event", at: time.now - HOUR / 2 },
    ];
    const record = { repository: "a", tombstones: [], hours: [], kept: [], heard };
    await deletions.update("gar/p/a", () => ({ next: record, answer: undefined }));
    await compareAfter(0);
    const noted = await deletions.read("gar/p/a");
    expect(noted).toMatchObject({ tombstones: [{ tag: "v2", by: "event", seenAt: time.now - HOUR / 2 }] });
    expect(noted?.heard).toBeUndefined();
    await compareAfter(DAY - HOUR / 2);
    expect([left(), outcomes()]).toEqual([["v1", "v3"], ["v2 deleted: source-deleted"]]);
  });

  it("is off by default", async () => {
    const { source, compareAfter, left, deletions } = await mirrored({}, ["v1", "v2"]);
    source.delete("a:v2");
    for (let comparison = 0; comparison < 3; comparison++) await compareAfter(30 * DAY);
    expect([left(), await deletions.read("gar/p/a")]).toEqual([["v1", "v2"], undefined]);
  });

  it("deletes nothing and raises the alarm when the source repository is emptied", async () => {
    const { compareAfter, left, count } = await mirrored(MIRROR, ["v1", "v2"], {
      catalog: {
        repositories: () => Promise.resolve([parseRepositoryName("a")]),
        async *tags() {
          yield await Promise.resolve({ digest: digest("untagged"), pushedAt: 0 });
        },
      },
    });
    for (let comparison = 0; comparison < 3; comparison++) await compareAfter(2 * DAY);
    expect([left(), count("DeletesHeldBack"), count("TagsDeleted")]).toEqual([["v1", "v2"], 6, 0]);
  });

  it("deletes nothing and raises the alarm when the source repository is deleted, until no target has its tags", async () => {
    const isDeleted = { now: false };
    const { compareAfter, left, count, target, observer, cycles } = await mirrored(MIRROR, ["v1", "v2"], {
      catalog: {
        repositories: () => Promise.resolve(isDeleted.now ? [] : [parseRepositoryName("a")]),
        async *tags() {
          await Promise.resolve();
          if (isDeleted.now) throw GONE;
          for (const tag of ["v1", "v2"]) yield { tag: parseTag(tag), digest: digest(tag), pushedAt: 1 };
        },
      },
    });
    await compareAfter(0);
    isDeleted.now = true;
    for (let comparison = 0; comparison < 3; comparison++) await compareAfter(2 * DAY);
    expect([left(), count("DeletesHeldBack"), count("TagsDeleted")]).toEqual([["v1", "v2"], 6, 0]);
    expect(
      observer.lines.filter(({ message }) => message.startsWith("The source repository was deleted")),
    ).toHaveLength(3);
    target.clear();
    for (let comparison = 0; comparison < 2; comparison++) await compareAfter(DAY);
    expect([count("DeletesHeldBack"), (await cycles.read("mirrored"))?.subjects]).toEqual([6, []]);
  });

  it("says nothing of a deleted source repository whose deletes are ignored", async () => {
    const { source, compareAfter, count, cycles } = await mirrored({}, ["v1"]);
    await compareAfter(0);
    source.clear();
    await compareAfter(DAY);
    expect([count("DeletesHeldBack"), await cycles.read("mirrored")]).toEqual([0, undefined]);
  });

  it("deletes at most its share of a repository's tags in 24 hours, and raises the alarm for the others", async () => {
    const all = Array.from({ length: 10 }, (_, index) => `v${index}`);
    const { source, compareAfter, left, count } = await mirrored(
      { deletes: { ...MIRROR.deletes, maxRatioPerDay: 0.2 } },
      all,
    );
    for (const tag of all.slice(0, 5)) source.delete(`a:${tag}`);
    await compareAfter(0);
    for (let hour = 0; hour < 20; hour++) await compareAfter(hour === 0 ? DAY : HOUR);
    expect([left().length, count("TagsDeleted")]).toEqual([8, 2]);
    expect(count("DeletesHeldBack")).toBeGreaterThan(0);
    await compareAfter(6 * HOUR);
    // A fifth of the eight tags that it has now.
    expect(left()).toHaveLength(7);
  });

  it("cancels a tombstone when the tag is pushed again, and counts the grace period from the next delete", async () => {
    const { source, compareAfter, push, left, deletions } = await mirrored(MIRROR, ["v1", "v2"]);
    source.delete("a:v2");
    await compareAfter(0);
    push("a:v2", "v2");
    await compareAfter(DAY / 2);
    expect((await deletions.read("gar/p/a"))?.tombstones).toEqual([]);
    source.delete("a:v2");
    await compareAfter(DAY / 2);
    await compareAfter(DAY - HOUR);
    expect(left()).toEqual(["v1", "v2"]);
    await compareAfter(HOUR);
    expect(left()).toEqual(["v1"]);
  });

  it("asks the source again before it deletes: a tag that is back, archived, or of a deleted repository stays", async () => {
    const answers = [
      () => Promise.resolve({ kind: "present", digest: digest("v2"), pushedAt: 1 } as const),
      () => Promise.resolve({ kind: "archived" } as const),
      () => Promise.reject(GONE),
    ];
    for (const sourceTag of answers) {
      const { source, compareAfter, left, count } = await mirrored(MIRROR, ["v1", "v2"], { sourceTag });
      source.delete("a:v2");
      for (let comparison = 0; comparison < 3; comparison++) await compareAfter(DAY);
      expect([left(), count("TagsDeleted")]).toEqual([["v1", "v2"], 0]);
    }
  });

  it("leaves tags that it did not put, and those that name another image now", async () => {
    const { source, target, tags, compareAfter, left, outcomes } = await mirrored(MIRROR, ["v1", "v2", "v3"]);
    target.set("p/a:manual", "manual");
    await tags.update("gar/p/a:manual", () => ({
      next: { ...NEW_TAG, replicated: { digest: digest("manual"), at: 0 } },
      answer: undefined,
    }));
    source.delete("a:v2");
    await compareAfter(0);
    target.set("p/a:v2", "moved");
    for (let comparison = 0; comparison < 3; comparison++) await compareAfter(DAY);
    expect([left(), outcomes()]).toEqual([["manual", "v1", "v2", "v3"], []]);
  });

  it("leaves a tag that a copy works on, and releases its own lease", async () => {
    const fixture = await mirrored(MIRROR, ["v1", "v2"]);
    const { source, compareAfter, left, time, tags } = fixture;
    source.delete("a:v2");
    await compareAfter(0);
    const known = await tags.read("gar/p/a:v2");
    const lease = { message: "m", owner: "copy", fence: 1, until: time.now + 2 * DAY, dirty: false };
    await setRecord(fixture, "v2", { ...NEW_TAG, ...known, fence: 1, lease });
    await compareAfter(DAY);
    expect(left()).toEqual(["v1", "v2"]);
    await compareAfter(2 * DAY);
    expect([left(), (await tags.read("gar/p/a:v2"))?.lease]).toEqual([["v1"], undefined]);
  });

  it("only reports in a dry run, once for each tag, and deletes when that ends", async () => {
    const dry = await mirrored({ deletes: { ...MIRROR.deletes, dryRun: true } }, ["v1", "v2"]);
    dry.source.delete("a:v2");
    for (let comparison = 0; comparison < 4; comparison++) await dry.compareAfter(DAY);
    expect([dry.left(), dry.outcomes()]).toEqual([["v1", "v2"], ["v2 protected: dry-run"]]);
    const wet = await mirrored(MIRROR, ["v1", "v2"]);
    dry.time.now += HOUR;
    await createHandler({ ...dry.dependencies, configuration: wet.dependencies.configuration })(60_000);
    expect([dry.left(), dry.outcomes()[1]]).toEqual([["v1"], "v2 deleted: source-deleted"]);
  });

  it("asks a destination that does not delete tags once a day, and raises the alarm", async () => {
    let requests = 0;
    const about = { side: "target", operation: "delete-manifest", subject: "p/a:v2", category: "permanent" } as const;
    const { source, compareAfter, left, outcomes, count } = await mirrored(MIRROR, ["v1", "v2"], {
      deleteTag: () => {
        requests++;
        return Promise.reject(new RegistryError({ ...about, status: 405 }, "unsupported"));
      },
    });
    source.delete("a:v2");
    await compareAfter(0);
    for (let comparison = 0; comparison < 6; comparison++) await compareAfter(comparison === 0 ? DAY : HOUR);
    expect([left(), requests, outcomes()]).toEqual([["v1", "v2"], 1, ["v2 protected: target-refuses"]]);
    expect(count("DeletesHeldBack")).toBe(1);
  });

  it("writes the receipt of a deletion after which the process died", async () => {
    const fixture = await mirrored(MIRROR, ["v1", "v2", "v3"]);
    const { source, target, compareAfter, outcomes, dependencies, time } = fixture;
    source.delete("a:v2");
    await compareAfter(0);
    time.now += DAY;
    const dying = createHandler({
      ...dependencies,
      deleteTag: (_destination, repository, tag) => {
        target.delete(`${repository}:${tag}`);
        return Promise.reject(new Error("the process dies"));
      },
    });
    await dying(60_000);
    expect(outcomes()).toEqual([]);
    await compareAfter(HOUR);
    expect(outcomes()).toEqual(["v2 deleted: source-deleted"]);
  });
});

describe("a rule with retention", () => {
  const KEEP = { retention: { keepLatest: 2, graceHours: 24, maxRatioPerDay: 1, dryRun: false } };

  it("keeps the newest tags at the target, and does not copy the others again", async () => {
    const { compareAfter, left, outcomes, sent, push, target, tags } = await mirrored(KEEP, ["v1", "v2", "v3"]);
    await compareAfter(0);
    await compareAfter(DAY);
    expect([left(), outcomes()]).toEqual([["v2", "v3"], ["v1 deleted: retention"]]);
    push("a:v4", "v4");
    target.set("p/a:v4", "v4");
    await tags.update("gar/p/a:v4", () => ({ next: NEW_TAG, answer: undefined }));
    for (let comparison = 0; comparison < 3; comparison++) await compareAfter(DAY);
    expect([left(), sent]).toEqual([["v3", "v4"], []]);
  });

  it("counts tags that only the target has, by the time of their push", async () => {
    const { source, compareAfter, left } = await mirrored(KEEP, ["v1", "v2", "v3"]);
    source.delete("a:v3");
    await compareAfter(0);
    await compareAfter(DAY);
    // v1 is among the two newest of the source: it would be copied again.
    expect(left()).toEqual(["v1", "v2", "v3"]);
  });

  it("spares a tag that is pushed again while it waits", async () => {
    const { compareAfter, left, push, time } = await mirrored(KEEP, ["v1", "v2", "v3"]);
    await compareAfter(0);
    push("a:v1", "v1", time.now);
    await compareAfter(DAY);
    expect(left()).toContain("v1");
  });
});
