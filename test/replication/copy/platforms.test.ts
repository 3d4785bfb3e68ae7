import { describe, expect, it } from "vitest";
import { cosignTags } from "../../../src/oci/cosign-tags.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { successors } from "../../../src/oci/manifest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { parsePlatform } from "../../../src/oci/platform.ts";
import type { PlatformFilter } from "../../../src/oci/platform.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import type { CopyReport } from "../../../src/replication/outcome/copy-report.ts";
import { tagKey } from "../../../src/replication/state/tag-record.ts";
import type { MemoryRepository } from "../../fakes/memory-repository.ts";
import { addImage, addIndex, addReferrer, descriptorOf } from "../../fixtures/images/memory-image.ts";
import { addPlatform, addPlatformIndex, EIGHT_PLATFORMS } from "../../fixtures/images/platform-index.ts";
import { anotherDelivery, copyRequest, replicateFixture } from "../../fixtures/replicate-context.ts";
import type { ReplicateFixture } from "../../fixtures/replicate-context.ts";

const never = new AbortController().signal;

const only = (keep: PlatformFilter["keep"], ...include: readonly string[]): PlatformFilter => ({
  keep,
  include: include.map(parsePlatform),
});
const TWO = ["linux/amd64", "linux/arm64/v8"];
const OTHERS = EIGHT_PLATFORMS.filter((each) => !TWO.includes(each));

/** Copies a tag under a rule with these platforms; every call is another delivery. */
function copy(fixture: ReplicateFixture, platforms: PlatformFilter | undefined, reference = "v1"): Promise<CopyReport> {
  return replicateTag(copyRequest(reference), anotherDelivery(fixture, { platforms }), never);
}

/** A registry that accepts an index of which it lacks children. */
function acceptSparse({ target }: ReplicateFixture): void {
  const put = target.putManifest.bind(target);
  target.putManifest = async (manifest, reference, signal) => {
    if (manifest.mediaType !== MediaType.ociIndex) return put(manifest, reference, signal);
    target.manifests.set(manifest.digest, manifest);
    if (!reference.startsWith("sha256:")) target.tags.set(reference, manifest.digest);
    return manifest.digest;
  };
}

function childrenOf({ manifests }: MemoryRepository, digest: Digest | undefined): Digest[] {
  const index = digest && manifests.get(digest);
  if (index === undefined) throw new Error(`there is no index ${digest}`);
  return successors(index.bytes, index.mediaType).manifests.map((child) => child.digest);
}

const bytesOf = ({ blobs }: MemoryRepository): number =>
  [...blobs.values()].reduce((sum, bytes) => sum + bytes.byteLength, 0);

describe.each(["sparse", "strip"] as const)("a rule that chooses platforms and keeps the index by %s", (keep) => {
  it("sends at most 26 % of the bytes for two platforms of eight", async () => {
    const [some, all] = [replicateFixture(), replicateFixture()];
    acceptSparse(some);
    for (const { source } of [some, all]) addPlatformIndex(source, EIGHT_PLATFORMS, { tag: "v1", layerBytes: 100_000 });
    expect(await copy(all, undefined)).toMatchObject({ outcome: "replicated" });
    const report = await copy(some, only(keep, ...TWO));
    expect(report).toMatchObject({ outcome: "replicated" });
    expect(report.bytesSent).toBe(bytesOf(some.target));
    expect(bytesOf(some.target) / bytesOf(all.target)).toBeLessThan(0.26);
  });

  it("copies the chosen platforms with their attestations and signatures, and nothing of the others", async () => {
    const fixture = replicateFixture();
    acceptSparse(fixture);
    const { source, target } = fixture;
    const { images, attestations } = addPlatformIndex(source, EIGHT_PLATFORMS, { tag: "v1" });
    for (const [platform, digest] of images) {
      addReferrer(source, digest, `referrer of ${platform}`);
      addImage(source, [`signature of ${platform}`], cosignTags(digest)[0]);
    }
    const report = await copy(fixture, only(keep, ...TWO));
    expect(report.leftOut?.filter(({ kind }) => kind === "platform")).toHaveLength(12);
    for (const platform of TWO) {
      expect(target.manifests.has(images.get(platform) ?? "sha256:")).toBe(true);
      expect(target.manifests.has(attestations.get(platform) ?? "sha256:")).toBe(true);
      expect(target.tags.has(cosignTags(images.get(platform) ?? "sha256:")[0] ?? "")).toBe(true);
    }
    for (const platform of OTHERS) {
      expect(target.manifests.has(images.get(platform) ?? "sha256:")).toBe(false);
      expect(target.manifests.has(attestations.get(platform) ?? "sha256:")).toBe(false);
    }
    // Two images with a referrer and a signature each, their attestations, and the index.
    expect(target.manifests.size).toBe(9);
    expect(await copy(fixture, only(keep, ...TWO))).toMatchObject({ outcome: "unchanged" });
  });

  it("skips an index that has none of the platforms, and an image for another one", async () => {
    const fixture = replicateFixture();
    addPlatformIndex(fixture.source, OTHERS, { tag: "v1" });
    fixture.source.tags.set("v2", addPlatform(fixture.source, "linux/s390x"));
    for (const tag of ["v1", "v2"]) {
      expect(await copy(fixture, only(keep, ...TWO), tag)).toEqual({ outcome: "skipped", reason: "platform" });
    }
    expect(fixture.target.blobs.size).toBe(0);
  });

  it("copies whole what is all chosen, and what has no platform", async () => {
    const fixture = replicateFixture();
    const { source, target } = fixture;
    const index = addPlatformIndex(source, TWO, { tag: "v1" }).digest;
    source.tags.set("v2", addPlatform(source, "linux/arm64"));
    addImage(source, ["a chart"], "v3");
    addIndex(source, [addImage(source, ["an artifact"])], "v4");
    for (const tag of ["v1", "v2", "v3", "v4"]) {
      const report = await copy(fixture, only(keep, ...TWO), tag);
      expect(report).toMatchObject({ outcome: "replicated", digest: source.tags.get(tag) });
      expect(report).not.toHaveProperty("origin");
      expect(report).not.toHaveProperty("leftOut");
    }
    expect(target.tags.get("v1")).toBe(index);
  });

  it("takes an older variant only where the newer one is missing", async () => {
    const fixture = replicateFixture();
    acceptSparse(fixture);
    const both = addPlatformIndex(fixture.source, ["linux/arm/v6", "linux/arm/v7"], { tag: "v1" });
    const old = addPlatformIndex(fixture.source, ["linux/arm/v6", "linux/s390x"], { tag: "v2", build: "old" });
    for (const tag of ["v1", "v2"]) await copy(fixture, only(keep, "linux/arm/v7"), tag);
    const has = (digest: Digest | undefined): boolean => digest !== undefined && fixture.target.manifests.has(digest);
    expect([...both.images.values()].map(has)).toEqual([false, true]);
    expect([...old.images.values()].map(has)).toEqual([true, false]);
  });
});

describe("a stripped index", () => {
  const strip = only("strip", ...TWO);

  it("has the same bytes everywhere, in the order of the source's, with all its other fields", async () => {
    const [one, two] = [replicateFixture(), replicateFixture()];
    for (const fixture of [one, two]) {
      addPlatformIndex(fixture.source, EIGHT_PLATFORMS, { tag: "v1", build: "7" });
      await copy(fixture, strip);
    }
    expect(one.target.tags.get("v1")).toBe(two.target.tags.get("v1"));
    const index = one.target.manifests.get(one.target.tags.get("v1") ?? "sha256:");
    const document: unknown = JSON.parse(new TextDecoder().decode(index?.bytes));
    expect(document).toMatchObject({ annotations: { build: "7" }, manifests: { length: 4 } });
    expect(one.target.tags.get("v1")).toMatchInlineSnapshot(
      `"sha256:98534e159303ef44650aac6eecb0ed5db095322ae6ea01a1c89e95bb8e920c29"`,
    );
  });

  it("is named beside the source's in the report and the record", async () => {
    const fixture = replicateFixture();
    const { digest } = addPlatformIndex(fixture.source, EIGHT_PLATFORMS, { tag: "v1" });
    const report = await copy(fixture, strip);
    const stripped = fixture.target.tags.get("v1");
    const origin = { digest, platforms: "strip linux/amd64/v1 linux/arm64/v8" };
    expect(report).toMatchObject({ outcome: "replicated", digest: stripped, origin });
    const record = await fixture.tags.read(tagKey(fixture.scope, "v1"), never);
    expect(record?.replicated).toMatchObject({ digest: stripped, origin });
    expect(stripped).not.toBe(digest);
  });

  it("has no signatures and referrers of the source's index; the report says so", async () => {
    const fixture = replicateFixture();
    const { source, target } = fixture;
    const { digest } = addPlatformIndex(source, EIGHT_PLATFORMS, { tag: "v1" });
    const sbom = addReferrer(source, digest, "an SBOM of the index");
    const signature = addImage(source, ["a signature of the index"], cosignTags(digest)[0]);
    const report = await copy(fixture, strip);
    const lost = report.leftOut?.filter(({ kind }) => kind === "attachment") ?? [];
    expect(lost.map((each) => each.digest)).toEqual([sbom, signature]);
    expect(lost[0]?.problem).toContain(`${digest}, which the target has as ${target.tags.get("v1")}`);
    expect([sbom, signature].some((each) => target.manifests.has(each))).toBe(false);
    expect(await copy(fixture, strip)).toMatchObject({ outcome: "unchanged" });
  });

  it("follows its tag when that is moved, and when it is moved back", async () => {
    const fixture = replicateFixture();
    const { source, target } = fixture;
    const first = addPlatformIndex(source, EIGHT_PLATFORMS, { tag: "v1", build: "1" });
    await copy(fixture, strip);
    const before = target.tags.get("v1");
    const second = addPlatformIndex(source, EIGHT_PLATFORMS, { tag: "v1", build: "2" });
    expect(await copy(fixture, strip)).toMatchObject({ outcome: "replicated", origin: { digest: second.digest } });
    expect(target.tags.get("v1")).not.toBe(before);
    source.tags.set("v1", first.digest);
    expect(await copy(fixture, strip)).toMatchObject({ outcome: "replicated", origin: { digest: first.digest } });
    expect(target.tags.get("v1")).toBe(before);
  });

  it("is not put when the source's tag moves during its copy", async () => {
    const fixture = replicateFixture();
    const { source, target } = fixture;
    const first = addPlatformIndex(source, EIGHT_PLATFORMS, { tag: "v1", build: "1" });
    let second: Digest | undefined;
    target.before = ({ operation }) => {
      if (operation !== "put-blob") return;
      second ??= addPlatformIndex(source, EIGHT_PLATFORMS, { tag: "v1", build: "2" }).digest;
    };
    expect(await copy(fixture, strip)).toMatchObject({ outcome: "replicated", origin: { digest: second } });
    expect(childrenOf(target, target.tags.get("v1"))).not.toContain(first.images.get("linux/amd64"));
    expect(
      target.calls.filter(({ operation, reference }) => operation === "put-manifest" && reference === "v1"),
    ).toHaveLength(1);
  });

  it("is stripped at every level, without nested indexes that would be empty", async () => {
    const fixture = replicateFixture();
    const { source, target } = fixture;
    const inner = addPlatformIndex(source, EIGHT_PLATFORMS);
    const other = addPlatformIndex(source, OTHERS, { build: "others" });
    addIndex(source, [inner.digest, other.digest], "v1");
    expect(await copy(fixture, strip)).toMatchObject({ outcome: "replicated" });
    const children = childrenOf(target, target.tags.get("v1"));
    expect(children).toHaveLength(1);
    expect(children[0]).not.toBe(inner.digest);
    const kept = TWO.map((platform) => inner.images.get(platform));
    expect(childrenOf(target, children[0]).slice(0, 2)).toEqual(kept);
    expect(target.manifests.size).toBe(6);
  });

  it("is read from the configs where the index names no platforms", async () => {
    const fixture = replicateFixture();
    const { source, target } = fixture;
    const images = EIGHT_PLATFORMS.map((platform) => addPlatform(source, platform));
    const manifests = images.map((digest) => descriptorOf(source, digest));
    source.addManifest({ schemaVersion: 2, manifests }, MediaType.ociIndex, "v1");
    expect(await copy(fixture, strip)).toMatchObject({ outcome: "replicated" });
    expect(childrenOf(target, target.tags.get("v1"))).toEqual([images[1], images[4]]);
  });
});

describe("a sparse index", () => {
  const sparse = only("sparse", ...TWO);

  it("keeps its digest, and with it its signatures", async () => {
    const fixture = replicateFixture();
    acceptSparse(fixture);
    const { source, target } = fixture;
    const { digest } = addPlatformIndex(source, EIGHT_PLATFORMS, { tag: "v1" });
    const sbom = addReferrer(source, digest, "an SBOM of the index");
    expect(await copy(fixture, sparse)).toMatchObject({ outcome: "replicated", digest, origin: { digest } });
    expect([target.tags.get("v1"), target.manifests.has(sbom)]).toEqual([digest, true]);
  });

  it("gets the platforms that its rule chooses later, although its digest is the same", async () => {
    const fixture = replicateFixture();
    acceptSparse(fixture);
    const { images } = addPlatformIndex(fixture.source, EIGHT_PLATFORMS, { tag: "v1" });
    await copy(fixture, sparse);
    const added = images.get("linux/s390x") ?? "sha256:";
    expect(fixture.target.manifests.has(added)).toBe(false);
    expect(await copy(fixture, only("sparse", ...TWO, "linux/s390x"))).toMatchObject({ outcome: "replicated" });
    expect(fixture.target.manifests.has(added)).toBe(true);
    expect(await copy(fixture, undefined)).toMatchObject({ outcome: "replicated" });
    expect(fixture.target.manifests.size).toBe(17);
    expect(await copy(fixture, undefined)).toMatchObject({ outcome: "unchanged" });
  });

  it("fails for good at a registry that refuses it, says what to do, and sends nothing twice", async () => {
    const fixture = replicateFixture();
    addPlatformIndex(fixture.source, EIGHT_PLATFORMS, { tag: "v1" });
    const report = await copy(fixture, sparse);
    expect(report).toMatchObject({ outcome: "failed", reason: "target-sparse-refused" });
    expect(report.outcome === "failed" && String(report.error)).toContain(`set "keep: strip"`);
    const puts = fixture.target.calls.filter(({ operation }) => operation === "put-blob").map((call) => call.reference);
    expect(puts).toHaveLength(new Set(puts).size);
  });

  it("is sent again as any index when the target lost a platform that was copied", async () => {
    const fixture = replicateFixture();
    const { source, target } = fixture;
    const { images } = addPlatformIndex(source, EIGHT_PLATFORMS, { tag: "v1" });
    let lost = false;
    target.before = ({ operation, reference }) => {
      if (operation !== "put-manifest" || reference !== "v1" || lost) return;
      lost = true;
      target.manifests.delete(images.get("linux/amd64") ?? "sha256:");
    };
    expect(await copy(fixture, sparse)).toMatchObject({ outcome: "failed", reason: "target-sparse-refused" });
    expect(target.manifests.has(images.get("linux/amd64") ?? "sha256:")).toBe(true);
  });
});
