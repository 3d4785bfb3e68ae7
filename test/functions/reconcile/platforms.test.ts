import { describe, expect, it } from "vitest";
import type { ConfigurationDocument } from "../../../src/contract/configuration/configuration-document.ts";
import { cosignTags } from "../../../src/oci/cosign-tags.ts";
import { Metric } from "../../../src/contract/telemetry/metric-names.ts";
import { NEW_TAG } from "../../../src/replication/state/tag-record.ts";
import { documentOf } from "../../fixtures/configuration.ts";
import { parseRepositoryName, parseTag } from "../../../src/oci/reference.ts";
import { noteTombstone, planTombstones } from "../../../src/replication/deletes/note-delete.ts";
import { digest, HOUR, setUp } from "./reconcile-fixture.ts";

const never = new AbortController().signal;
const KEY = "gar/p/app:v1";
const PLATFORMS = "strip linux/amd64/v1";

function under(platforms: ConfigurationDocument["rules"][number]["platforms"]) {
  return { document: documentOf({ repositories: ["**"], platforms, destinations: ["gar"] }) };
}
const STRIP = under({ include: ["linux/amd64"], keep: "strip" });

/** A tag whose index was stripped when it was copied. */
async function stripped(overrides = STRIP) {
  const all = setUp(overrides);
  all.push("app:v1", "whole");
  all.target.set("p/app:v1", "stripped");
  const origin = { digest: digest("whole"), platforms: PLATFORMS };
  const replicated = { digest: digest("stripped"), at: all.time.now - HOUR, origin };
  await all.tags.update(KEY, () => ({ next: { ...NEW_TAG, replicated }, answer: undefined }), never);
  return all;
}

describe("a comparison of stripped indexes", () => {
  it("requests nothing in 100 comparisons, and counts no difference", async () => {
    const { handle, time, sent, count, observer } = await stripped();
    for (let hour = 0; hour < 100; hour++) {
      await handle(60_000);
      time.now += 2 * HOUR;
    }
    expect(count(Metric.reconciliations)).toBe(100);
    expect([sent, count(Metric.tagsRepaired), count(Metric.eventsMissed)]).toEqual([[], 0, 0]);
    expect(observer.lines.filter(({ message }) => message === "Tags differ")).toEqual([]);
  });

  it("stays quiet about a signature of the whole index, which the target cannot have", async () => {
    const { handle, time, push, sent } = await stripped();
    push(`app:${cosignTags(digest("whole"))[0]}`, "a signature");
    for (let hour = 0; hour < 10; hour++) {
      await handle(60_000);
      time.now += 24 * HOUR;
    }
    expect(sent).toEqual([]);
  });

  it("requests a copy when the source's tag names another index", async () => {
    const { handle, push, asked } = await stripped();
    push("app:v1", "another");
    await handle(60_000);
    expect(asked()).toEqual(["app:v1"]);
  });

  it("requests a copy when a third party has changed the target's tag", async () => {
    const { handle, target, asked } = await stripped();
    target.set("p/app:v1", "something else");
    await handle(60_000);
    expect(asked()).toEqual(["app:v1"]);
  });

  it("requests a copy when the rule chooses other platforms now, or all", async () => {
    const more = await stripped(under({ include: ["linux/amd64", "linux/arm64"], keep: "strip" }));
    const all = await stripped(under(undefined));
    for (const { handle, asked } of [more, all]) {
      await handle(60_000);
      expect(asked()).toEqual(["app:v1"]);
    }
  });

  it("deletes the stripped index's tag when the source's was deleted, after the grace period that the source's event began", async () => {
    const deletes = { mode: "mirror", graceHours: 24, maxRatioPerDay: 1, dryRun: false } as const;
    const rule = {
      repositories: ["**"],
      platforms: { include: ["linux/amd64"], keep: "strip" as const },
      destinations: ["gar"],
    };
    const all = await stripped({ document: documentOf({ ...rule, deletes }) });
    const { handle, source, target, tags, time, deletions, dependencies, push } = all;
    push("app:v2", "two");
    target.set("p/app:v2", "two");
    const put = { digest: digest("stripped"), at: time.now - HOUR };
    await tags.update(KEY, (record) => ({ next: { ...(record ?? NEW_TAG), puts: [put] }, answer: undefined }), never);
    source.delete("app:v1");
    const deleted = {
      id: "event",
      repository: parseRepositoryName("app"),
      tag: parseTag("v1"),
      digest: digest("whole"),
      deletedAt: time.now - 1_000,
    };
    const { rules, destinations } = dependencies.configuration;
    for (const { scope, tombstone } of planTombstones(deleted, rules, destinations))
      await deletions.update(scope, (record) => noteTombstone(record, "app", tombstone), never);
    await handle(60_000);
    expect((await deletions.read("gar/p/app"))?.tombstones).toMatchObject([
      { tag: "v1", digest: digest("stripped"), by: "event", seenAt: time.now - 1_000 },
    ]);
    time.now += 23 * HOUR;
    await handle(60_000);
    expect(target.has("p/app:v1")).toBe(true);
    time.now += HOUR;
    await handle(60_000);
    expect([...target.keys()]).toEqual(["p/app:v2"]);
  });

  it("reads no records where no rule chooses platforms", async () => {
    const all = await stripped(under(undefined));
    all.push("app:v2", "two");
    all.target.set("p/app:v2", "two");
    let reads = 0;
    const read = all.tags.read.bind(all.tags);
    const tags = { ...all.tags, read: (...args: Parameters<typeof read>) => (reads++, read(...args)) };
    const again = setUp({ ...under(undefined), with: { ...all.dependencies, tags } });
    await again.handle(60_000);
    expect(reads).toBe(0);
  });
});
