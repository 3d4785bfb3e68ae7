import { describe, expect, it } from "vitest";
import { cosignTags } from "../../../src/oci/cosign-tags.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { addImage, addReferrer } from "../../fixtures/images/memory-image.ts";
import { anotherDelivery, copyRequest, replicateFixture, withSettings } from "../../fixtures/replicate-context.ts";

const never = new AbortController().signal;

/** An image that was copied before anything was attached to it. */
async function copied() {
  const fixture = replicateFixture();
  const digest = addImage(fixture.source, ["one"], "v1");
  await replicateTag(copyRequest("v1"), fixture, never);
  return { fixture, digest };
}

describe("an attachment that is added after its image was copied", () => {
  it("is copied with the next request of the image, although the tag is unchanged", async () => {
    const { fixture, digest } = await copied();
    const referrer = addReferrer(fixture.source, digest, "late signature");
    const [signature = ""] = cosignTags(digest);
    addImage(fixture.source, ["signature"], signature);
    const report = await replicateTag(copyRequest("v1"), anotherDelivery(fixture), never);
    expect(report).toMatchObject({ outcome: "replicated", digest });
    expect(fixture.target.manifests.has(referrer)).toBe(true);
    expect(fixture.target.tags.get(signature)).toBe(fixture.source.tags.get(signature));
    expect(await replicateTag(copyRequest("v1"), anotherDelivery(fixture), never)).toMatchObject({
      outcome: "unchanged",
    });
  });

  it("is copied by its own request when the target has the image", async () => {
    const { fixture, digest } = await copied();
    const referrer = addReferrer(fixture.source, digest, "late signature");
    const [signature = ""] = cosignTags(digest);
    addImage(fixture.source, ["signature"], signature);
    for (const reference of [referrer, signature]) {
      const attached = anotherDelivery(fixture, { onlyAttached: true });
      expect(await replicateTag(copyRequest(reference), attached, never)).toMatchObject({ outcome: "replicated" });
    }
  });
});

describe("a manifest that no rule selects", () => {
  it("is skipped when the target lacks its subject", async () => {
    const fixture = replicateFixture();
    const digest = addImage(fixture.source, ["one"], "dev");
    const referrer = addReferrer(fixture.source, digest, "signature");
    const [signature = ""] = cosignTags(digest);
    addImage(fixture.source, ["signature"], signature);
    for (const reference of [referrer, signature]) {
      const attached = anotherDelivery(fixture, { onlyAttached: true });
      expect(await replicateTag(copyRequest(reference), attached, never)).toEqual({
        outcome: "skipped",
        reason: "subject-absent",
      });
    }
    expect(fixture.target.manifests.size).toBe(0);
  });

  it("is skipped when it has neither a tag nor a subject, such as a child of an index", async () => {
    const fixture = replicateFixture();
    const digest = addImage(fixture.source, ["child"]);
    const report = await replicateTag(copyRequest(digest), withSettings(fixture, { onlyAttached: true }), never);
    expect(report).toEqual({ outcome: "skipped", reason: "untagged" });
  });
});
