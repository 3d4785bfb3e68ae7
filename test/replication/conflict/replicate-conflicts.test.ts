import { describe, expect, it } from "vitest";
import type { Digest } from "../../../src/oci/digest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { successors } from "../../../src/oci/manifest.ts";
import type { ConflictPolicy } from "../../../src/replication/conflict/conflict-policy.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { tagKey } from "../../../src/replication/state/tag-record.ts";
import { addImage, addReferrer, descriptorOf } from "../../fixtures/images/memory-image.ts";
import { anotherDelivery, copyRequest, replicateFixture, withSettings } from "../../fixtures/replicate-context.ts";
import type { ReplicateFixture } from "../../fixtures/replicate-context.ts";
import type { MemoryRepository } from "../../fakes/memory-repository.ts";

const never = new AbortController().signal;

const RENAME: ConflictPolicy = { strategy: "rename", template: "{tag}-from-aws" };

/** A context in which someone else has given `v1` to another image at the target. */
function taken(conflict: ConflictPolicy): { fixture: ReplicateFixture; source: Digest; foreign: Digest } {
  const fixture = replicateFixture({ conflict });
  const source = addImage(fixture.source, ["source"], "v1");
  const foreign = addImage(fixture.target, ["foreign"], "v1");
  return { fixture, source, foreign };
}

const deliver = (fixture: ReplicateFixture, pushedAt = 0) =>
  replicateTag(copyRequest("v1", pushedAt), anotherDelivery(fixture), never);

const recordOf = (fixture: ReplicateFixture, tag = "v1") => fixture.tags.read(tagKey(fixture.scope, tag), never);

function addPlatforms(repository: MemoryRepository, platforms: readonly string[], who: string): Digest {
  const manifests = platforms.map((architecture) => ({
    ...descriptorOf(repository, addImage(repository, [`${architecture} of ${who}`])),
    platform: { os: "linux", architecture },
  }));
  return repository.addManifest(
    { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests },
    MediaType.ociIndex,
    "v1",
  );
}

function childrenAt({ target }: ReplicateFixture): number {
  const manifest = target.manifests.get(target.tags.get("v1") ?? ("" as Digest));
  return manifest === undefined ? 0 : successors(manifest.bytes, manifest.mediaType).manifests.length;
}

describe("a tag that someone else has moved at the target", () => {
  it("is replaced when the source wins, and the report says what it named", async () => {
    const { fixture, source, foreign } = taken({ strategy: "source-wins" });
    const report = await deliver(fixture);
    expect(report).toMatchObject({
      outcome: "replicated",
      digest: source,
      conflict: { decision: "overwrite", found: foreign },
    });
    expect(fixture.target.tags.get("v1")).toBe(source);
    expect((await recordOf(fixture))?.conflict).toBeUndefined();
  });

  it("stays when the target wins, and the source's image can be pulled by its digest", async () => {
    const { fixture, source, foreign } = taken({ strategy: "target-wins" });
    const signature = addReferrer(fixture.source, source, "signature");
    expect(await deliver(fixture)).toMatchObject({ outcome: "skipped", reason: "target-wins" });
    expect(fixture.target.tags.get("v1")).toBe(foreign);
    expect(fixture.target.manifests.has(source)).toBe(true);
    expect(fixture.target.manifests.has(signature)).toBe(true);
    expect(await recordOf(fixture)).toMatchObject({ conflict: { policy: "target-wins", source, target: foreign } });
    expect((await recordOf(fixture))?.replicated).toBeUndefined();
  });

  it("is skipped without sending a byte", async () => {
    const { fixture, foreign } = taken({ strategy: "skip" });
    expect(await deliver(fixture)).toMatchObject({ outcome: "skipped", reason: "conflict" });
    expect(fixture.target.tags.get("v1")).toBe(foreign);
    expect(fixture.target.calls.filter(({ operation }) => operation.startsWith("put-"))).toEqual([]);
  });

  it("fails for good with advice, and is copied when it is free again", async () => {
    const { fixture, source } = taken({ strategy: "fail" });
    const report = await deliver(fixture);
    expect(report).toMatchObject({ outcome: "failed", reason: "target-conflict" });
    expect(report.outcome === "failed" && String(report.error)).toMatch(/did not put there.*redrive/);
    fixture.target.tags.delete("v1");
    expect(await deliver(fixture)).toMatchObject({ outcome: "replicated", digest: source });
    expect((await recordOf(fixture))?.conflict).toBeUndefined();
  });

  it("goes to the newer of two images by the time that the registry gives", async () => {
    const { fixture, source } = taken({ strategy: "newest-wins" });
    const reader = { ...fixture.reader, pushedAt: () => Promise.resolve(2_000) };
    const timed = withSettings(fixture, { reader });
    expect(await deliver(timed, 1_000)).toMatchObject({ outcome: "skipped", reason: "target-newer" });
    expect(await deliver(timed, 3_000)).toMatchObject({ outcome: "replicated", digest: source });
  });

  it("gets a second tag beside it, which follows the source", async () => {
    const { fixture, source, foreign } = taken(RENAME);
    expect(await deliver(fixture)).toMatchObject({
      outcome: "replicated",
      digest: source,
      conflict: { as: { tag: "v1-from-aws" } },
    });
    expect(fixture.target.tags.get("v1-from-aws")).toBe(source);
    const moved = addImage(fixture.source, ["second"], "v1");
    expect(await deliver(fixture)).toMatchObject({ outcome: "replicated", digest: moved });
    expect(fixture.target.tags.get("v1-from-aws")).toBe(moved);
    expect(fixture.target.tags.get("v1")).toBe(foreign);
    expect(await recordOf(fixture)).toMatchObject({
      conflict: { source: moved, target: foreign, as: { tag: "v1-from-aws", digest: moved } },
    });
  });

  it("fails when the second tag is taken, too, at either side", async () => {
    const { fixture } = taken(RENAME);
    const other = addImage(fixture.target, ["other"], "v1-from-aws");
    expect(await deliver(fixture)).toMatchObject({ outcome: "failed", reason: "target-conflict" });
    expect(fixture.target.tags.get("v1-from-aws")).toBe(other);
    fixture.target.tags.delete("v1-from-aws");
    addImage(fixture.source, ["own"], "v1-from-aws");
    const report = await deliver(fixture);
    expect(report).toMatchObject({ outcome: "failed", reason: "target-conflict" });
    expect(report.outcome === "failed" && String(report.error)).toContain("the source has a tag v1-from-aws");
  });

  it("becomes one index of both sides, and stays that when the source moves", async () => {
    const fixture = replicateFixture({ conflict: { strategy: "merge" } });
    const first = addPlatforms(fixture.source, ["amd64"], "source");
    addPlatforms(fixture.target, ["arm64", "amd64"], "other");
    const report = await deliver(fixture);
    expect(report).toMatchObject({ outcome: "replicated", conflict: { decision: "merge", source: first } });
    expect(childrenAt(fixture)).toBe(2);
    expect(fixture.target.manifests.has(first)).toBe(true);
    expect(await deliver(fixture)).toMatchObject({ outcome: "unchanged" });
    addPlatforms(fixture.source, ["amd64", "s390x"], "source again");
    expect(await deliver(fixture)).toMatchObject({ outcome: "replicated" });
    expect(childrenAt(fixture)).toBe(3);
    const merged = fixture.target.tags.get("v1");
    const known = { conflict: { target: merged }, replicated: { digest: merged, merged: true } };
    expect(await recordOf(fixture)).toMatchObject(known);
  });

  it("fails when there is nothing to merge", async () => {
    const { fixture, foreign } = taken({ strategy: "merge" });
    expect(await deliver(fixture)).toMatchObject({ outcome: "failed", reason: "target-conflict" });
    expect(fixture.target.tags.get("v1")).toBe(foreign);
  });

  it.each(["target-wins", "newest-wins", "skip", "fail", "merge"] as const)(
    "is none for %s when we put it and the source moved on",
    async (strategy) => {
      const fixture = replicateFixture({ conflict: { strategy } });
      addImage(fixture.source, ["one"], "v1");
      await deliver(fixture);
      const second = addImage(fixture.source, ["two"], "v1");
      const report = await deliver(fixture);
      expect(report).toMatchObject({ outcome: "replicated", digest: second });
      expect(report.conflict).toBeUndefined();
    },
  );

  it("is none after a put whose delivery was killed before it was recorded", async () => {
    const fixture = replicateFixture({ conflict: { strategy: "fail" } });
    addImage(fixture.source, ["one"], "v1");
    let isKilled = false;
    const tags: ReplicateFixture["tags"] = {
      ...fixture.tags,
      update: (key, change, signal) =>
        isKilled ? Promise.reject(new Error("killed")) : fixture.tags.update(key, change, signal),
    };
    const putManifest: typeof fixture.target.putManifest = async (manifest, reference, signal) => {
      await fixture.target.putManifest(manifest, reference, signal);
      isKilled = true;
      throw new Error("killed");
    };
    const killed = withSettings(fixture, { tags, target: { ...fixture.target, putManifest }, leaseMs: 1 });
    await replicateTag(copyRequest("v1"), killed, never).catch(() => undefined);
    const second = addImage(fixture.source, ["two"], "v1");
    let report = await deliver(fixture);
    while (report.outcome === "deferred") report = await deliver(fixture);
    expect(report).toMatchObject({ outcome: "replicated", digest: second });
  });

  it("is looked at once more right before the put", async () => {
    const fixture = replicateFixture({ conflict: { strategy: "skip" } });
    addImage(fixture.source, ["source"], "v1");
    let foreign: Digest | undefined;
    fixture.target.before = ({ operation }) => {
      if (operation === "put-blob") foreign ??= addImage(fixture.target, ["foreign"], "v1");
    };
    expect(await deliver(fixture)).toMatchObject({ outcome: "skipped", reason: "conflict" });
    expect(fixture.target.tags.get("v1")).toBe(foreign);
  });

  it("costs one request more than today only where the source does not win in any case", async () => {
    const requests = async (conflict?: ConflictPolicy): Promise<string[]> => {
      const fixture = replicateFixture({ conflict });
      addImage(fixture.source, ["source"], "v1");
      await deliver(fixture);
      return fixture.target.calls.map(({ operation }) => operation);
    };
    const today = await requests();
    expect(await requests({ strategy: "source-wins" })).toHaveLength(today.length);
    expect(await requests({ strategy: "fail" })).toHaveLength(today.length + 1);
  });
});
