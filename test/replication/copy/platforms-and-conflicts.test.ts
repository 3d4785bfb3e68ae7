import { describe, expect, it } from "vitest";
import type { Digest } from "../../../src/oci/digest.ts";
import { successors } from "../../../src/oci/manifest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { parsePlatform } from "../../../src/oci/platform.ts";
import { isTag, parseTag } from "../../../src/oci/reference.ts";
import type { Tag } from "../../../src/oci/reference.ts";
import type { ConflictPolicy } from "../../../src/replication/conflict/conflict-policy.ts";
import { isSettled } from "../../../src/replication/conflict/settled-conflict.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import type { CopyReport } from "../../../src/replication/outcome/copy-report.ts";
import { tagKey } from "../../../src/replication/state/tag-record.ts";
import type { TagRecord } from "../../../src/replication/state/tag-record.ts";
import { addImage } from "../../fixtures/images/memory-image.ts";
import { addPlatformIndex } from "../../fixtures/images/platform-index.ts";
import { anotherDelivery, copyRequest, replicateFixture } from "../../fixtures/replicate-context.ts";
import type { ReplicateFixture } from "../../fixtures/replicate-context.ts";

const never = new AbortController().signal;
const RENAME: ConflictPolicy = { strategy: "rename", template: "{tag}-from-aws" };
const AMD = "linux/amd64";
const ARM = "linux/arm64/v8";
const S390 = "linux/s390x";

describe.each(["sparse", "strip"] as const)("a rule that chooses one platform, keeps the index by %s, and", (keep) => {
  const platforms = { keep, include: [parsePlatform(AMD)] };

  function setUp(conflict: ConflictPolicy) {
    const fixture = replicateFixture({ conflict, platforms });
    const put = fixture.target.putManifest.bind(fixture.target);
    // A registry that accepts an index of which it lacks children.
    fixture.target.putManifest = async (manifest, reference, signal) => {
      if (manifest.mediaType !== MediaType.ociIndex || keep === "strip") return put(manifest, reference, signal);
      fixture.target.manifests.set(manifest.digest, manifest);
      if (isTag(reference)) fixture.target.tags.set(reference, manifest.digest);
      return manifest.digest;
    };
    const copy = (): Promise<CopyReport> => replicateTag(copyRequest("v1"), anotherDelivery(fixture), never);
    return { fixture, copy };
  }

  const recordOf = ({ tags, scope }: ReplicateFixture, tag: string): Promise<TagRecord | undefined> =>
    tags.read(tagKey(scope, tag), never);

  function childrenOf({ target }: ReplicateFixture, tag: string): Digest[] {
    const index = target.manifests.get(target.tags.get(parseTag(tag))!)!;
    return successors(index.bytes, index.mediaType).manifests.map(({ digest }) => digest);
  }

  it("renames: the second tag names the part, follows the source, and the comparison is quiet", async () => {
    const { fixture, copy } = setUp(RENAME);
    const foreign = addImage(fixture.target, ["foreign"], "v1");
    for (const build of ["first", "second"]) {
      const { digest, images } = addPlatformIndex(fixture.source, [AMD, ARM], { tag: "v1", build });
      expect(await copy()).toMatchObject({ outcome: "replicated", conflict: { as: { tag: "v1-from-aws" } } });
      const part = fixture.target.tags.get("v1-from-aws");
      expect(part === digest).toBe(keep === "sparse");
      expect(fixture.target.tags.get("v1")).toBe(foreign);
      expect(fixture.target.manifests.has(images.get(ARM)!)).toBe(false);
      expect((await recordOf(fixture, "v1-from-aws"))?.replicated).toMatchObject({ digest: part, origin: { digest } });
      const conflict = (await recordOf(fixture, "v1"))?.conflict;
      expect(conflict).toMatchObject({ source: digest, target: foreign, as: { digest: part } });
      const atTarget = new Map<Tag, Digest>([
        [parseTag("v1"), foreign],
        [parseTag("v1-from-aws"), part!],
      ]);
      expect(isSettled(conflict!, { tag: parseTag("v1"), digest, policies: [RENAME], atTarget, now: 0 })).toBe(true);
    }
    const { manifests } = fixture.target;
    const before = manifests.size;
    expect(await copy()).toMatchObject({ outcome: "unchanged" });
    expect(manifests.size).toBe(before);
  });

  it("merges: the other side keeps the platforms that are not copied, and the comparison knows the index", async () => {
    const { fixture, copy } = setUp({ strategy: "merge" });
    const other = addPlatformIndex(fixture.target, [ARM, S390, AMD], { tag: "v1", build: "other" });
    for (const build of ["first", "second"]) {
      const own = addPlatformIndex(fixture.source, [AMD, ARM], { tag: "v1", build });
      expect(await copy()).toMatchObject({ outcome: "replicated", conflict: { decision: "merge" } });
      const children = childrenOf(fixture, "v1");
      const expected = [own.images.get(AMD), other.images.get(ARM), other.images.get(S390)];
      expect(children).toEqual(expect.arrayContaining(expected));
      expect(children).not.toContain(other.images.get(AMD));
      expect(children).not.toContain(own.images.get(ARM));
      expect(fixture.target.manifests.has(own.images.get(ARM)!)).toBe(false);
      // Everything that it names is there.
      expect(children.filter((digest) => !fixture.target.manifests.has(digest))).toEqual([]);
      expect(await recordOf(fixture, "v1")).toMatchObject({
        replicated: { digest: fixture.target.tags.get("v1"), origin: { digest: own.digest } },
      });
      expect(await copy()).toMatchObject({ outcome: "unchanged" });
    }
  });

  it("skips: nothing is copied, and the comparison is quiet", async () => {
    const { fixture, copy } = setUp({ strategy: "skip" });
    const foreign = addImage(fixture.target, ["foreign"], "v1");
    const { digest } = addPlatformIndex(fixture.source, [AMD, ARM], { tag: "v1" });
    expect(await copy()).toMatchObject({ outcome: "skipped", reason: "conflict" });
    expect((await recordOf(fixture, "v1"))?.conflict).toMatchObject({ source: digest, target: foreign });
  });
});
