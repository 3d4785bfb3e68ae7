import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/reconcile/handler.ts";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import type { ConfigurationDocument } from "../../../src/contract/configuration/configuration-document.ts";
import { sizesOf } from "../../../src/replication/backfill/backfill-policy.ts";
import { leftOutOf } from "../../../src/replication/backfill/backfill-record.ts";
import { NEW_TAG } from "../../../src/replication/state/tag-record.ts";
import { digest, DOCUMENT, HOUR, setUp } from "./reconcile-fixture.ts";

const never = new AbortController().signal;
type Policy = NonNullable<NonNullable<ConfigurationDocument["reconcile"]>["backfill"]>;
const DAY = 24 * HOUR;
const GIGABYTE = 1e9;

/** Three tags from before the deployment, of one gigabyte each because their source does not say their sizes. */
function deployed(backfill?: Policy) {
  const all = setUp(backfill === undefined ? {} : { document: { reconcile: { backfill } } });
  all.time.now = 100 * DAY;
  for (const age of [1, 10, 50]) all.push(`app:v${age}`, `${age} days old`, all.time.now - age * DAY);
  const compare = async (): Promise<string[]> => {
    all.sent.length = 0;
    await all.handle(60_000);
    all.time.now += 2 * HOUR;
    return all.asked().toSorted();
  };
  const leftOut = async () => {
    const record = await all.backfills.read("gar", never);
    return record && leftOutOf(record);
  };
  return { ...all, compare, leftOut };
}

describe("images from before the deployment of a destination", () => {
  it("are copied up to 100 GB by default", async () => {
    const { push, compare, leftOut, time } = deployed();
    for (let index = 0; index < 150; index++) push(`more:v${index}`, `${index}`, time.now - 2 * DAY - index);
    expect(await compare()).toHaveLength(100);
    expect(await leftOut()).toEqual({ images: 53, bytes: 53 * GIGABYTE, why: "up to 100 GB" });
    expect(await compare()).toEqual([]);
  });

  it.each([
    ["off", []],
    ["everything", ["app:v1", "app:v10", "app:v50"]],
    [{ since: new Date(80 * DAY).toISOString() }, ["app:v1", "app:v10"]],
    [{ since: "1970-03-22" }, ["app:v1", "app:v10"]],
    [{ upToGigabytes: 2 }, ["app:v1", "app:v10"]],
    [{ upToGigabytes: 0.5 }, []],
  ] satisfies [Policy, string[]][])("are copied by the policy %j, the newest first", async (policy, expected) => {
    const { compare, leftOut } = deployed(policy);
    expect(await compare()).toEqual(expected);
    expect((await leftOut())?.images ?? 0).toBe(3 - expected.length);
    expect(await compare()).toEqual([]);
    expect((await leftOut())?.images ?? 0).toBe(3 - expected.length);
  });

  it("are copied when the policy allows it later, and then none is left out", async () => {
    const { compare, leftOut, sent, asked, dependencies } = deployed("off");
    expect(await compare()).toEqual([]);
    const document = { ...DOCUMENT, reconcile: { backfill: "everything" as const } };
    await createHandler({ ...dependencies, configuration: parseConfiguration(document) })(60_000);
    expect([asked().length, sent.length]).toEqual([3, 3]);
    expect(await leftOut()).toBeUndefined();
  });

  it("count once, also when they are requested again because they did not arrive", async () => {
    const { compare, backfills, time } = deployed({ upToGigabytes: 2 });
    await compare();
    time.now += 8 * DAY;
    expect(await compare()).toEqual(["app:v1", "app:v10"]);
    expect((await backfills.read("gar", never))?.bytes).toBe(2 * GIGABYTE);
  });
});

describe("a policy that leaves everything out", () => {
  it("never concerns a push after the deployment whose event was lost, whenever it is found", async () => {
    const { push, compare, time } = deployed("off");
    await compare();
    push("app:lost", "lost", time.now);
    push("new:lost", "lost", time.now);
    time.now += 30 * DAY;
    expect(await compare()).toEqual(["app:lost", "new:lost"]);
  });

  it("never concerns a push in the hour before the first comparison", async () => {
    const { push, compare, time } = deployed("off");
    push("app:early", "early", time.now - 0.9 * HOUR);
    expect(await compare()).toEqual(["app:early"]);
  });

  it("never concerns a tag that the target had and lost", async () => {
    const { compare, tags, time } = deployed("off");
    const replicated = { digest: digest("50 days old"), at: time.now - DAY };
    await tags.update("gar/p/app:v50", () => ({ next: { ...NEW_TAG, replicated }, answer: undefined }), never);
    expect(await compare()).toEqual(["app:v50"]);
  });

  it("never concerns an image that was restored from the archive", async () => {
    const { compare, restore, time } = deployed("off");
    await compare();
    restore("app:v50", time.now - HOUR);
    expect(await compare()).toEqual(["app:v50"]);
  });
});

describe("the sizes of images", () => {
  const image = (name: string, bytes: number, rest: object = {}) => ({ digest: name, bytes, ...rest });

  it("count an index as its share of what has no tag, and not its attachments", () => {
    const index = image("index", 5, { tag: "v1", isIndex: true });
    const other = image("other", 7, { tag: "v2", isIndex: true });
    const single = image("single", 3, { tag: "v3" });
    const children = [image("a", 5), image("b", 5), image("c", 7), image("d", 7), image("e", 6)];
    const sizeOf = sizesOf([index, other, single, ...children, image("signature", 100, { subject: "index" })]);
    expect([index, other, single].map(sizeOf)).toEqual([15, 15, 3]);
    expect(sizeOf({ digest: "x" })).toBe(GIGABYTE);
    expect(sizesOf([index])(index)).toBe(5);
  });
});
