import { describe, expect, it } from "vitest";
import { NEVER } from "../../../src/async/abort.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { RateExceededError } from "../../../src/oci/errors/rate-exceeded-error.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { createBandwidthEstimate } from "../../../src/replication/pacing/time-budget.ts";
import { preCopyBlobs } from "../../../src/replication/pre-copy/pre-copy-blobs.ts";
import type { PreCopyContext } from "../../../src/replication/pre-copy/pre-copy-blobs.ts";
import type { PreCopyBudget } from "../../../src/replication/pre-copy/pre-copy-budget.ts";
import { claimContent, contentKey } from "../../../src/replication/state/checkpoint.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { addImage, addIndex } from "../../fixtures/images/memory-image.ts";
import { addPlatformIndex } from "../../fixtures/images/platform-index.ts";
import { parsePlatform } from "../../../src/oci/platform.ts";
import { anotherDelivery, copyRequest, replicateFixture } from "../../fixtures/replicate-context.ts";
import type { ReplicateFixture } from "../../fixtures/replicate-context.ts";

const budgets = createMemoryRecordStore<PreCopyBudget>;

function contextOf(fixture: ReplicateFixture, limitBytes = 1e9, store = budgets()): PreCopyContext {
  const { ports, identity, policy, uploads } = anotherDelivery(fixture);
  const time = { limitMs: 60_000, remainingMs: () => 60_000, bandwidth: createBandwidthEstimate() };
  return { ports, identity, policy, uploads: { ...uploads, time }, budget: { store, limitBytes } };
}

function written({ target: { manifests, tags } }: ReplicateFixture): number {
  return manifests.size + tags.size;
}

const digestOfLayer = ({ source }: ReplicateFixture, text: string): Digest =>
  source.addBlob(new TextEncoder().encode(text));

const failure = (status: number): RegistryError =>
  new RegistryError({ side: "target", operation: "put-blob", subject: "x", category: "deferred", status }, "no");

describe("a pre-copy", () => {
  it("copies the blobs of a manifest, and neither the manifest nor a tag", async () => {
    const fixture = replicateFixture();
    const digest = addImage(fixture.source, ["one", "two"]);
    const report = await preCopyBlobs(digest, contextOf(fixture), NEVER);
    expect(report).toMatchObject({ blobs: 3, bytesPreCopied: 18, bytesSent: 18, dropped: undefined });
    expect(fixture.target.blobs.size).toBe(3);
    expect(written(fixture)).toBe(0);
    expect(await fixture.tags.read(`${fixture.scope}:${digest}`, NEVER)).toBeUndefined();
  });

  it("sends nothing of a platform that the rule does not choose, nor of an attestation, whose platform it cannot know", async () => {
    const fixture = replicateFixture();
    const { attestations, images } = addPlatformIndex(fixture.source, ["linux/amd64", "linux/s390x"]);
    const context = contextOf(fixture);
    const platforms = { include: [parsePlatform("linux/amd64")], keep: "strip" } as const;
    const chosen = { ...context, policy: { ...context.policy, platforms } };
    for (const digest of [images.get("linux/s390x"), ...attestations.values()]) {
      expect(await preCopyBlobs(digest ?? "sha256:", chosen, NEVER)).toMatchObject({ blobs: 0, dropped: "platform" });
    }
    expect(fixture.target.blobs.size).toBe(0);
    expect(await preCopyBlobs(images.get("linux/amd64") ?? "sha256:", chosen, NEVER)).toMatchObject({ blobs: 2 });
  });

  it("leaves only manifests to the copy of the tag, which reports the bytes once", async () => {
    const fixture = replicateFixture();
    const children = [addImage(fixture.source, ["one"]), addImage(fixture.source, ["two"])];
    for (const child of children) await preCopyBlobs(child, contextOf(fixture), NEVER);
    addIndex(fixture.source, children, "v1");
    fixture.target.calls.length = 0;
    const statistics = { blobsUploaded: 0, blobsPresent: 3, bytesPreCopied: 18, manifests: 3 };
    expect(await replicateTag(copyRequest("v1"), fixture, NEVER)).toMatchObject({ outcome: "replicated", statistics });
    expect(fixture.target.calls.map(({ operation }) => operation)).not.toContain("put-blob");
    addIndex(fixture.source, children.slice(1), "v2");
    const again = await replicateTag(copyRequest("v2"), anotherDelivery(fixture), NEVER);
    expect(again).toMatchObject({ outcome: "replicated", statistics: { blobsPresent: 2 } });
    expect(again).not.toHaveProperty("statistics.bytesPreCopied");
  });

  it("does not wait for a blob that another copy uploads", async () => {
    const fixture = replicateFixture();
    const digest = addImage(fixture.source, ["one", "two"]);
    const key = contentKey(fixture.scope, digestOfLayer(fixture, "one"));
    const claim = { owner: "another", now: Date.now(), leaseMs: 60_000 };
    await fixture.checkpoints.update(key, (known) => claimContent(known, claim), NEVER);
    const report = await preCopyBlobs(digest, contextOf(fixture), NEVER);
    expect(report).toMatchObject({ blobs: 2, dropped: undefined });
    expect(await fixture.checkpoints.read(key, NEVER)).toMatchObject({ state: "uploading", owner: "another" });
  });

  it("leaves the blobs that its budget has no room for", async () => {
    const fixture = replicateFixture();
    const store = budgets();
    const digest = addImage(fixture.source, ["x".repeat(100), "two"]);
    const report = await preCopyBlobs(digest, contextOf(fixture, 50, store), NEVER);
    expect(report).toMatchObject({ blobs: 2, dropped: "over-budget" });
    expect(await store.read(fixture.scope)).toMatchObject({ sent: 15, used: 0 });
  });

  it.each(["sparse", "strip"] as const)(
    "leaves the copy of a part of an index (%s) only what it has not sent",
    async (keep) => {
      const fixture = replicateFixture();
      const { images } = addPlatformIndex(fixture.source, ["linux/amd64", "linux/arm64/v8"], {
        tag: "v1",
        layerBytes: 9_000,
      });
      const platforms = { include: [parsePlatform("linux/amd64")], keep };
      const context = contextOf(fixture);
      const chosen = { ...context, policy: { ...context.policy, platforms } };
      const sent: (string | undefined)[] = [];
      for (const digest of images.values()) sent.push((await preCopyBlobs(digest, chosen, NEVER)).dropped);
      expect(sent).toEqual([undefined, "platform"]);
      const before = [...fixture.target.blobs.keys()];
      const put = fixture.target.putManifest.bind(fixture.target);
      fixture.target.putManifest = async (manifest, reference, signal) => {
        if (keep === "strip" || manifest.mediaType !== MediaType.ociIndex) return put(manifest, reference, signal);
        return manifest.digest;
      };
      const report = await replicateTag(copyRequest("v1"), anotherDelivery(fixture, { platforms }), NEVER);
      expect(report).toMatchObject({ outcome: "replicated" });
      expect(before).toHaveLength(2);
      // The attestation of the chosen platform: only the index says whose it is.
      expect(fixture.target.blobs.size).toBe(4);
      expect(report.bytesSent).toBeLessThan(1_000);
    },
  );

  it("gives a blob back to its budget that the target mounts", async () => {
    const fixture = replicateFixture();
    const store = budgets();
    const digest = addImage(fixture.source, ["one", "two"]);
    fixture.target.pushBlob = () => Promise.resolve({ kind: "mounted" });
    const report = await preCopyBlobs(digest, contextOf(fixture, 1e9, store), NEVER);
    expect(report).toMatchObject({ blobs: 0, bytesPreCopied: 0, dropped: undefined });
    expect(await store.read(fixture.scope)).toMatchObject({ sent: 0, used: 0 });
  });

  it("sends each blob once, begins no other after a failure, and leaves all of them to the copy of the tag", async () => {
    const fixture = replicateFixture();
    const digest = addImage(fixture.source, ["1", "2", "3", "4", "5", "6", "7", "8"], "v1");
    const mayResend: unknown[] = [];
    fixture.target.pushBlob = (_blob, options) => {
      mayResend.push(options.mayResend?.());
      return Promise.reject(failure(503));
    };
    const report = await preCopyBlobs(digest, contextOf(fixture), NEVER);
    expect(report).toMatchObject({ blobs: 0, dropped: "failed", error: { status: 503 } });
    expect(mayResend).toEqual([false, false, false, false]);
    for (const record of await Promise.all(
      ["1", "2"].map((text) =>
        fixture.checkpoints.read(contentKey(fixture.scope, digestOfLayer(fixture, text)), NEVER),
      ),
    )) {
      expect(record).toEqual({ state: "unknown" });
    }
  });

  it.each([
    ["the source no longer has the manifest", "source-gone", undefined],
    ["the rate of the destination is used up", "rate-limited", new RateExceededError("gar", 1_000)],
  ])("ends without an error when %s", async (_case, dropped, thrown) => {
    const fixture = replicateFixture();
    const digest = addImage(fixture.source, ["one"]);
    if (thrown === undefined) fixture.source.manifests.clear();
    else fixture.target.pushBlob = () => Promise.reject(thrown);
    expect(await preCopyBlobs(digest, contextOf(fixture), NEVER)).toMatchObject({ blobs: 0, dropped });
  });

  it("ends without an error at its time limit", async () => {
    const fixture = replicateFixture();
    const digest = addImage(fixture.source, ["one"]);
    const over = AbortSignal.abort(new Error("out of time"));
    expect(await preCopyBlobs(digest, contextOf(fixture), over)).toMatchObject({ blobs: 0, dropped: "out-of-time" });
  });

  it("does not send layers of a non-distributable media type", async () => {
    const fixture = replicateFixture();
    const layer = { mediaType: FOREIGN, digest: digestOfLayer(fixture, "foreign"), size: 7 };
    const config = { mediaType: MediaType.ociConfig, digest: digestOfLayer(fixture, "{}"), size: 2 };
    const document = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: [layer] };
    const digest = fixture.source.addManifest(document, MediaType.ociManifest);
    expect(await preCopyBlobs(digest, contextOf(fixture), NEVER)).toMatchObject({ blobs: 1, bytesPreCopied: 2 });
  });

  it("is not trusted after half an hour: the copy of the tag asks for the blob", async () => {
    const fixture = replicateFixture();
    const child = addImage(fixture.source, ["one"]);
    const clock = { ...fixture.clock, now: () => Date.now() - 1_800_000 };
    const context = contextOf(fixture);
    await preCopyBlobs(child, { ...context, ports: { ...context.ports, clock } }, NEVER);
    fixture.target.blobs.clear();
    addIndex(fixture.source, [child], "v1");
    expect(await replicateTag(copyRequest("v1"), fixture, NEVER)).toMatchObject({
      outcome: "replicated",
      statistics: { blobsUploaded: 2 },
    });
    expect(fixture.target.calls.filter(({ operation }) => operation === "head-blob")).toHaveLength(2);
  });
});

const FOREIGN = "application/vnd.oci.image.layer.nondistributable.v1.tar";
