import { describe, expect, it } from "vitest";
import type { Digest } from "../../../src/oci/digest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { cosignTags } from "../../../src/oci/cosign-tags.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import type { RegistryOperation, Side } from "../../../src/oci/errors/registry-error.ts";
import { describeLeftOut } from "../../../src/replication/outcome/left-out.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { addImage, addReferrer, descriptorOf } from "../../fixtures/images/memory-image.ts";
import { copyRequest, replicateFixture } from "../../fixtures/replicate-context.ts";
import type { ReplicateFixture } from "../../fixtures/replicate-context.ts";

const never = new AbortController().signal;

function refusal(side: Side, operation: RegistryOperation, status: number): RegistryError {
  return new RegistryError({ side, operation, subject: "app", category: "permanent", status }, `HTTP ${status}`);
}

function scanned(scans: number): {
  readonly fixture: ReplicateFixture;
  readonly digest: Digest;
  readonly attached: Digest[];
} {
  const fixture = replicateFixture();
  const digest = addImage(fixture.source, ["app"], "v1");
  const attached = Array.from({ length: scans }, (_, night) => addReferrer(fixture.source, digest, `scan ${night}`));
  return { fixture, digest, attached };
}

describe("the copy of an image reports what it left out", () => {
  it("when referrers cannot be listed", async () => {
    const { fixture, digest } = scanned(1);
    fixture.source.before = ({ operation }) => {
      if (operation === "list-referrers") throw refusal("source", "list-referrers", 403);
    };
    const leftOut = [{ kind: "attachments", digest, problem: expect.stringContaining("HTTP 403") }];
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({ outcome: "replicated", leftOut });
    expect(fixture.target.tags.get("v1")).toBe(digest);
  });

  it.each([
    ["put-manifest", 405],
    ["list-referrers", 200],
  ] as const)("where the target refuses an attachment (%s)", async (operation, status) => {
    const { fixture, digest, attached } = scanned(1);
    fixture.target.before = ({ operation: asked, reference }) => {
      if (asked === "put-manifest" && reference === attached[0]) throw refusal("target", operation, status);
    };
    const leftOut = [{ kind: "attachment", digest: attached[0] }];
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({ outcome: "replicated", leftOut });
    expect(fixture.target.tags.get("v1")).toBe(digest);
  });

  it("when an attachment cannot be read", async () => {
    const { fixture, digest } = scanned(1);
    const document = { schemaVersion: 2, layers: [{ size: 1 }], subject: descriptorOf(fixture.source, digest) };
    const broken = fixture.source.addManifest(document, MediaType.ociManifest);
    fixture.source.listReferrers = (subject) =>
      Promise.resolve(subject === digest ? [descriptorOf(fixture.source, broken)] : []);
    const leftOut = [{ kind: "attachment", digest: broken, problem: expect.stringContaining("layers[0]") }];
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({ outcome: "replicated", leftOut });
  });

  it("when a layer is non-distributable, unless such layers are enabled and the source has it", async () => {
    const add = (fixture: ReplicateFixture): Digest => {
      const bytes = new TextEncoder().encode("foreign");
      const mediaType = "application/vnd.oci.image.layer.nondistributable.v1.tar";
      const layer = { mediaType, digest: fixture.source.addBlob(bytes), size: bytes.byteLength };
      fixture.source.addManifest({ schemaVersion: 2, layers: [layer] }, MediaType.ociManifest, "v1");
      return layer.digest;
    };
    const leaving = replicateFixture();
    const digest = add(leaving);
    const leftOut = [{ kind: "layer", digest }];
    expect(await replicateTag(copyRequest("v1"), leaving, never)).toMatchObject({ outcome: "replicated", leftOut });
    const copying = replicateFixture({ foreignLayers: "copy" });
    add(copying);
    expect(await replicateTag(copyRequest("v1"), copying, never)).not.toHaveProperty("leftOut");
    expect(copying.target.blobs.has(digest)).toBe(true);
  });

  it.each([
    ["by a signature's own copy, which its image's report has, too", undefined],
    ["by a copy that is to be done again", "deferred"],
    ["by a copy that failed in another part", "permanent"],
  ] as const)("%s", async (_, category) => {
    const { fixture, digest } = scanned(0);
    const [signature = "", attestation = ""] = cosignTags(digest);
    const signed = addImage(fixture.source, ["signature"], signature);
    addImage(fixture.source, ["attestation"], attestation);
    const scan = addReferrer(fixture.source, signed, "a scan of the signature");
    fixture.target.before = ({ operation, reference }) => {
      if (operation !== "put-manifest") return;
      if (reference === scan) throw refusal("target", operation, 405);
      if (reference === attestation && category !== undefined) {
        throw new RegistryError({ side: "target", operation, subject: "app", category, status: 503 }, "HTTP 503");
      }
    };
    const outcome = category === undefined ? "replicated" : category === "deferred" ? "deferred" : "failed";
    const leftOut = [{ kind: "attachment", digest: scan, problem: expect.stringContaining("HTTP 405") }];
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({ outcome, leftOut });
  });

  it("in one line that names the first five", () => {
    const digest: Digest = `sha256:${"a".repeat(64)}`;
    const seven = Array.from({ length: 7 }, () => ({ kind: "layer", digest, problem: "foreign" }) as const);
    expect(describeLeftOut(seven)).toMatch(/^(?:layer sha256:a{64}: foreign; ){5}and 2 more$/);
  });
});

describe("an image with something attached every night for three years", () => {
  it("is copied with all of it", async () => {
    const { fixture, digest, attached } = scanned(1_100);
    const listed = attached.map((each) => descriptorOf(fixture.source, each));
    fixture.source.listReferrers = (subject) => Promise.resolve(subject === digest ? listed : []);
    expect(await replicateTag(copyRequest("v1"), fixture, never)).not.toHaveProperty("leftOut");
    expect(attached.every((digest) => fixture.target.manifests.has(digest))).toBe(true);
  });
});

describe("a name that need not be there", () => {
  it("is not there where the registry refuses to say, as Artifactory does: the image is copied", async () => {
    const { fixture, digest } = scanned(0);
    const tags: readonly string[] = cosignTags(digest);
    fixture.source.before = ({ operation, reference }) => {
      if (operation === "resolve" && tags.includes(reference)) throw refusal("source", "resolve", 403);
    };
    let looks = 0;
    fixture.target.before = ({ operation }) => {
      if (operation === "resolve" && looks++ === 0) throw refusal("target", "resolve", 403);
    };
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({ outcome: "replicated", digest });
  });

  it("fails the request where it is the image itself", async () => {
    const { fixture } = scanned(0);
    fixture.source.before = ({ operation }) => {
      if (operation === "resolve") throw refusal("source", "resolve", 403);
    };
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({
      outcome: "failed",
      reason: "source-denied",
    });
  });
});
