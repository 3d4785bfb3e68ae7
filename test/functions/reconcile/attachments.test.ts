import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/reconcile/handler.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import type { ContentWithoutTag } from "../../../src/replication/reconcile/target-inventory.ts";
import { cosignTags } from "../../../src/oci/cosign-tags.ts";
import { DOCUMENT, HOUR, digest, setUp } from "./reconcile-fixture.ts";

describe("an attachment of an image", () => {
  const document = { rules: [{ repositories: ["**"], tags: ["v*"], destinations: ["gar"] }] };

  function signed(tag: string, at: "equal" | "absent") {
    const fixture = setUp({ document });
    fixture.push(`a:${tag}`, "image");
    const [signature = parseTag("none")] = cosignTags(digest("image"));
    fixture.push(`a:${signature}`, "signature");
    if (at === "equal") fixture.target.set(`p/a:${tag}`, "image");
    return { ...fixture, signature };
  }

  it("is requested where its image is, whatever tags the rule selects", async () => {
    const { handle, asked, signature } = signed("v1", "equal");
    expect(await handle(60_000)).toMatchObject({ asked: 1 });
    expect(asked()).toEqual([`a:${signature}`]);
  });

  it("is copied with an image that is to be copied, and not requested separately", async () => {
    const { handle, asked } = signed("v1", "absent");
    await handle(60_000);
    expect(asked()).toEqual(["a:v1"]);
  });

  it("is not requested when no rule selects its image", async () => {
    const { handle, asked } = signed("dev", "absent");
    await handle(60_000);
    expect(asked()).toEqual([]);
  });

  it.each([
    ["requested when the target does not have it", false, 1],
    ["not requested when the target has it", true, 0],
  ])("as a referrer without a tag, it is %s", async (_case, isThere, expected) => {
    const { dependencies, push, target, sent } = setUp({ document });
    push("a:v1", "image");
    target.set("p/a:v1", "image");
    const referrer = { digest: digest("referrer"), subject: digest("image"), pushedAt: dependencies.now() - HOUR };
    const handle = createHandler({
      ...dependencies,
      hasManifest: () => Promise.resolve(isThere),
      catalog: {
        ...dependencies.catalog,
        async *tags(repository, signal) {
          yield* dependencies.catalog.tags(repository, signal);
          yield referrer;
        },
      },
    });
    await handle(60_000);
    expect(sent.map(({ reference }) => reference)).toEqual(expected === 1 ? [referrer.digest] : []);
  });
});

/** What the target says about a referrer that it may have, and may list with its subject. */
const listing = (isListed: boolean) => ({
  hasManifest: (_destination: string, _repository: string, { subject }: ContentWithoutTag) =>
    Promise.resolve(subject === undefined || isListed),
});

describe("a referrer that the target has", () => {
  it.each([
    ["is requested when no list names it: a copy puts it again, and then the list", false, 1],
    ["is not requested when a list names it", true, 0],
  ])("%s", async (_case, isListed, expected) => {
    const { dependencies, push, target, sent } = setUp({
      document: { rules: [{ repositories: ["**"], tags: ["v*"], destinations: ["gar"] }] },
    });
    push("a:v1", "image");
    target.set("p/a:v1", "image");
    const referrer = { digest: digest("referrer"), subject: digest("image"), pushedAt: dependencies.now() - HOUR };
    const handle = createHandler({
      ...dependencies,
      ...listing(isListed),
      catalog: {
        ...dependencies.catalog,
        async *tags(repository, signal) {
          yield* dependencies.catalog.tags(repository, signal);
          yield referrer;
        },
      },
    });
    await handle(60_000);
    expect(sent.map(({ reference }) => reference)).toEqual(expected === 1 ? [referrer.digest] : []);
  });
});

describe("images without a tag", () => {
  it.each([
    [true, 1],
    [false, 0],
  ])("are compared where a rule selects them (untagged: %s)", async (untagged, expected) => {
    const { dependencies, push, sent } = setUp({
      document: { ...DOCUMENT, rules: [{ repositories: ["**"], untagged, tags: ["v*"], destinations: ["gar"] }] },
    });
    push("a:other", "1");
    const image = { digest: digest("untagged"), pushedAt: dependencies.now() - HOUR };
    const handle = createHandler({
      ...dependencies,
      catalog: {
        ...dependencies.catalog,
        async *tags() {
          yield await Promise.resolve(image);
        },
      },
    });
    await handle(60_000);
    expect(sent).toHaveLength(expected);
  });
});
