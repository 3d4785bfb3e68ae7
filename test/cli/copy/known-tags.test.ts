import { describe, expect, it } from "vitest";
import { UNLISTED, withKnownTags } from "../../../src/inspection/content/known-tags.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { cosignTags } from "../../../src/oci/cosign-tags.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import { createMemoryRepository } from "../../fakes/memory-repository.ts";
import { addImage } from "../../fixtures/images/memory-image.ts";

function setUp() {
  const source = createMemoryRepository("source");
  const asked: string[] = [];
  source.before = ({ reference }) => void asked.push(reference);
  const digest = addImage(source, ["one"], "v1");
  const [signature, attestation] = cosignTags(digest);
  if (signature === undefined || attestation === undefined) throw new Error("an image has several cosign tags");
  source.tags.set(signature, addImage(source, ["signature"]));
  return { source, asked, signature, attestation };
}

const tags = (...listed: string[]) => ({ read: () => Promise.resolve(new Set(listed)) });

describe("a source whose tags were listed", () => {
  it("gets no request for a cosign tag that the listing does not have", async () => {
    const { source, asked, signature, attestation } = setUp();
    const listed = withKnownTags(source, tags("v1", signature));
    expect(await listed.resolve(attestation, NEVER)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it("gets a request for a cosign tag of the listing, and for any other tag", async () => {
    const { source, asked, signature } = setUp();
    const listed = withKnownTags(source, tags(signature));
    expect(await listed.resolve(signature, NEVER)).toBeDefined();
    expect(await listed.resolve(parseTag("v1"), NEVER)).toBeDefined();
    expect(asked).toEqual([signature, "v1"]);
  });

  it("gets a request for every tag when there is no listing", async () => {
    const { source, asked, attestation } = setUp();
    expect(await withKnownTags(source, UNLISTED).resolve(attestation, NEVER)).toBeUndefined();
    expect(asked).toEqual([attestation]);
  });
});
