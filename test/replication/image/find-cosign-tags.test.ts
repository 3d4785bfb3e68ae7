import { describe, expect, it } from "vitest";
import { MediaType } from "../../../src/oci/media-type.ts";
import { cosignTags } from "../../../src/oci/cosign-tags.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { addImage, addIndex } from "../../fixtures/images/memory-image.ts";
import { anotherDelivery, copyRequest, replicateFixture, withSettings } from "../../fixtures/replicate-context.ts";
import type { ReplicateFixture } from "../../fixtures/replicate-context.ts";

const never = new AbortController().signal;

/** An image with a cosign signature under a tag of its own. */
function signedImage(): { fixture: ReplicateFixture; digest: ReturnType<typeof addImage>; signature: string } {
  const fixture = replicateFixture();
  const digest = addImage(fixture.source, ["signed"], "v1");
  const [signature = ""] = cosignTags(digest);
  addImage(fixture.source, ["signature"], signature);
  return { fixture, digest, signature };
}

const puts = ({ target }: ReplicateFixture): string[] =>
  target.calls.filter(({ operation }) => operation === "put-manifest").map(({ reference }) => reference);

describe("an attachment under a cosign tag", () => {
  it("is copied with its image, before it", async () => {
    const { fixture, signature } = signedImage();
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({ outcome: "replicated" });
    expect(fixture.target.tags.get(signature)).toBe(fixture.source.tags.get(signature));
    expect(puts(fixture).indexOf(signature)).toBeLessThan(puts(fixture).indexOf("v1"));
  });

  it("counts toward its image's bytes: in the report, whatever its outcome, and in the statistics", async () => {
    const { fixture, signature } = signedImage();
    const bytesOf = (blobs: readonly string[]): number => blobs.join("").length;
    const config = '{"layers":1}';
    const both = { bytesSent: bytesOf(["signed", config, "signature"]) };
    fixture.target.before = ({ operation, reference }) => {
      if (operation === "put-manifest" && reference === signature) {
        throw new RegistryError({ side: "target", operation, category: "permanent", subject: reference }, "refused");
      }
    };
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({ outcome: "failed", ...both });
    expect(await replicateTag(copyRequest("v1"), signedImage().fixture, never)).toMatchObject({
      outcome: "replicated",
      statistics: { manifests: 2, bytesUploaded: both.bytesSent },
      ...both,
    });
  });

  it("is copied with every platform of an index", async () => {
    const fixture = replicateFixture();
    const children = [addImage(fixture.source, ["amd64"]), addImage(fixture.source, ["arm64"])];
    addIndex(fixture.source, children, "v1");
    const tags = children.flatMap((child) => cosignTags(child));
    for (const tag of tags) addImage(fixture.source, [tag], tag);
    await replicateTag(copyRequest("v1"), fixture, never);
    expect([...fixture.target.tags.keys()].toSorted()).toEqual([...tags, "v1"].toSorted());
  });

  it("is not looked up for a signature", async () => {
    const { fixture, signature } = signedImage();
    await replicateTag(copyRequest("v1"), fixture, never);
    const asked = fixture.source.calls.filter(({ reference }) => reference.startsWith("sha256-"));
    const own = (fixture.source.tags.get(signature) ?? "").replace(":", "-");
    expect(own).not.toBe("");
    expect(asked.filter(({ reference }) => reference.startsWith(own))).toEqual([]);
  });

  it("is copied with its own signature when it is an SBOM", async () => {
    const fixture = replicateFixture();
    const [, , sbom = ""] = cosignTags(addImage(fixture.source, ["app"], "v1"));
    const [signature = ""] = cosignTags(addImage(fixture.source, ["sbom"], sbom));
    addImage(fixture.source, ["signature of the SBOM"], signature);
    await replicateTag(copyRequest("v1"), fixture, never);
    expect([...fixture.target.tags.keys()]).toEqual([signature, sbom, "v1"]);
  });

  it("is no longer looked up once the copy of its image has failed", async () => {
    const { fixture } = signedImage();
    let asking = 0;
    fixture.source.before = async ({ operation, reference }) => {
      if (operation !== "resolve" || !reference.startsWith("sha256-")) return;
      asking++;
      await fixture.clock.sleep(20, never);
      asking--;
    };
    fixture.target.before = ({ operation }) => {
      if (operation === "put-blob") throw new TypeError("broken");
    };
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({ outcome: "deferred" });
    expect(asking).toBe(0);
  });

  it("is left to another copy that is already sending it", async () => {
    const { fixture, signature } = signedImage();
    let letGo = (): void => undefined;
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    fixture.target.before = ({ operation, reference }) =>
      operation === "put-manifest" && reference === signature ? gate : undefined;
    const other = anotherDelivery(fixture);
    const held = replicateTag(copyRequest(signature), other, never);
    await fixture.clock.sleep(20, never);
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({ outcome: "replicated" });
    letGo();
    // It did a second round because of our request, and found its own work done.
    expect(await held).toMatchObject({ outcome: "replicated" });
  });

  it("defers its image when it is deferred", async () => {
    const { fixture, signature } = signedImage();
    fixture.target.before = ({ operation, reference }) => {
      if (operation !== "put-manifest" || reference !== signature) return;
      const failure = { side: "target", operation, subject: reference, category: "deferred", status: 503 } as const;
      throw new RegistryError(failure, "busy");
    };
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({ outcome: "deferred" });
    expect(fixture.target.tags.has("v1")).toBe(false);
    fixture.target.before = () => undefined;
    expect(await replicateTag(copyRequest("v1"), anotherDelivery(fixture), never)).toMatchObject({
      outcome: "replicated",
    });
  });

  it("that can never be copied does not block its image, and is reported", async () => {
    const { fixture, digest, signature } = signedImage();
    fixture.source.addManifest({ schemaVersion: 2, layers: "none" }, MediaType.ociManifest, signature);
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({
      outcome: "failed",
      reason: "malformed-image",
    });
    expect(fixture.target.tags.get("v1")).toBe(digest);
  });
});

describe("an index that lacks children at the source", () => {
  function sparse(): { fixture: ReplicateFixture; missing: readonly string[] } {
    const fixture = replicateFixture();
    const children = ["amd64", "arm64", "s390x"].map((platform) => addImage(fixture.source, [platform]));
    addIndex(fixture.source, children, "v1");
    const missing = children.slice(1);
    for (const digest of missing) fixture.source.manifests.delete(digest);
    return { fixture, missing };
  }

  it("is not copied, and the report names every missing child", async () => {
    const { fixture, missing } = sparse();
    const report = await replicateTag(copyRequest("v1"), fixture, never);
    expect(report).toMatchObject({ outcome: "failed", reason: "source-incomplete", error: { digests: missing } });
    expect(fixture.target.tags.size).toBe(0);
  });

  it("is copied as it is where the configuration says so", async () => {
    const { fixture } = sparse();
    const report = await replicateTag(
      copyRequest("v1"),
      withSettings(fixture, { sparse: "keep", target: lenient(fixture) }),
      never,
    );
    expect(report).toMatchObject({ outcome: "replicated", statistics: { manifests: 2 } });
    expect(fixture.target.tags.get("v1")).toBe(fixture.source.tags.get("v1"));
  });

  /** A registry that takes sparse indexes, as the distribution-spec allows. */
  function lenient({ target, source }: ReplicateFixture): ReplicateFixture["target"] {
    return {
      ...target,
      putManifest: async (manifest, reference) => {
        await Promise.resolve(source);
        target.manifests.set(manifest.digest, manifest);
        target.tags.set(reference, manifest.digest);
      },
    };
  }
});
