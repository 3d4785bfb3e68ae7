import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/reconcile/handler.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import { NEW_TAG } from "../../../src/replication/state/tag-record.ts";
import { MIRROR, mirrored, setRecord } from "./mirrored-repository.ts";
import { HOUR, digest } from "./reconcile-fixture.ts";

const DAY = 24 * HOUR;

describe("a rule that mirrors deletes", () => {
  it("leaves a tag that names a merged index, in which someone else has platforms", async () => {
    const fixture = await mirrored(MIRROR, ["v1", "v2"]);
    const { source, compareAfter, left, tags, deletions } = fixture;
    const known = await tags.read("gar/p/a:v2");
    const replicated = { digest: digest("v2"), at: 0, merged: true };
    await setRecord(fixture, "v2", { ...NEW_TAG, ...known, replicated });
    source.delete("a:v2");
    for (let comparison = 0; comparison < 3; comparison++) await compareAfter(DAY);
    expect([left(), await deletions.read("gar/p/a")]).toEqual([["v1", "v2"], undefined]);
  });

  it("keeps what an operator has kept: also after a time without the rule, and if a listing does not show it yet", async () => {
    const { source, target, compareAfter, left, deletions, dependencies, time } = await mirrored(MIRROR, ["v1", "v2"]);
    const kept = [{ tag: parseTag("v2"), digest: digest("v2"), listedBy: time.now + 45_000 }];
    await deletions.update("gar/p/a", () => ({
      next: { repository: "a", tombstones: [], hours: [], kept },
      answer: undefined,
    }));
    source.delete("a:v2");
    target.delete("p/a:v2");
    await compareAfter(0);
    target.set("p/a:v2", "v2");
    const other = await mirrored({ ...MIRROR, tags: ["release-*"] }, []);
    time.now += HOUR;
    await createHandler({ ...dependencies, configuration: other.dependencies.configuration })(60_000);
    for (let comparison = 0; comparison < 3; comparison++) await compareAfter(DAY);
    expect([left(), (await deletions.read("gar/p/a"))?.kept]).toEqual([["v1", "v2"], kept]);
    target.set("p/a:v2", "moved");
    await compareAfter(DAY);
    expect((await deletions.read("gar/p/a"))?.kept).toEqual([]);
  });
});
