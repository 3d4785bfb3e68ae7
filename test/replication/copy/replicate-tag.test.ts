import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { describe, expect, it } from "vitest";
import { MediaType } from "../../../src/oci/media-type.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { createUploadConcurrency } from "../../../src/replication/pacing/upload-concurrency.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";
import { addImage, addIndex, addReferrer } from "../../fixtures/images/memory-image.ts";
import { anotherDelivery, copyRequest, replicateFixture, withSettings } from "../../fixtures/replicate-context.ts";
import type { ReplicateFixture } from "../../fixtures/replicate-context.ts";

const never = new AbortController().signal;

function uploadsOf({ target }: ReplicateFixture): string[] {
  return target.calls.filter(({ operation }) => operation === "put-blob").map(({ reference }) => reference);
}

describe("replicating a tag", () => {
  it("reports the tag as replicated also when another push caused a second round", async () => {
    const fixture = replicateFixture();
    addImage(fixture.source, ["one"], "v1");
    let met = false;
    fixture.target.before = async ({ operation }) => {
      if (operation !== "put-blob" || met) return;
      met = true;
      await replicateTag(copyRequest("v1"), anotherDelivery(fixture), never);
    };
    const report = await replicateTag(copyRequest("v1"), fixture, never);
    expect(report).toMatchObject({ outcome: "replicated", statistics: { blobsUploaded: 2 } });
  });

  it("copies the tag's image to the target byte for byte, the tag last", async () => {
    const fixture = replicateFixture();
    const digest = addImage(fixture.source, ["one", "two"], "v1");
    const report = await replicateTag(copyRequest("v1"), fixture, never);
    expect(report).toMatchObject({ outcome: "replicated", digest, statistics: { manifests: 1, blobsUploaded: 3 } });
    expect(fixture.target.tags.get("v1")).toBe(digest);
    expect(fixture.target.manifests.get(digest)?.bytes).toEqual(fixture.source.manifests.get(digest)?.bytes);
    const puts = fixture.target.calls.filter(({ operation }) => operation.startsWith("put-"));
    expect(puts.at(-1)).toEqual({ operation: "put-manifest", reference: "v1" });
  });

  it("puts the children of an index before the index, each by its digest", async () => {
    const fixture = replicateFixture();
    const children = [addImage(fixture.source, ["amd64"]), addImage(fixture.source, ["arm64"])];
    const inner = addIndex(fixture.source, children);
    const root = addIndex(fixture.source, [inner, addImage(fixture.source, ["s390x"])], "v1");
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({
      outcome: "replicated",
      digest: root,
    });
    const puts = fixture.target.calls
      .filter(({ operation }) => operation === "put-manifest")
      .map((call) => call.reference);
    for (const child of children) expect(puts.indexOf(child)).toBeLessThan(puts.indexOf(inner));
    expect(puts.at(-1)).toBe("v1");
    expect(puts).toHaveLength(5);
  });

  it("copies the referrers of the image, and their referrers", async () => {
    const fixture = replicateFixture();
    const root = addImage(fixture.source, ["one"], "v1");
    const signature = addReferrer(fixture.source, root, "signature");
    const counter = addReferrer(fixture.source, signature, "countersignature");
    await replicateTag(copyRequest("v1"), fixture, never);
    expect(fixture.target.manifests.has(signature)).toBe(true);
    expect(fixture.target.manifests.has(counter)).toBe(true);
  });

  it("copies the referrers of one platform of an index", async () => {
    const fixture = replicateFixture();
    const child = addImage(fixture.source, ["amd64"]);
    addIndex(fixture.source, [child, addImage(fixture.source, ["arm64"])], "v1");
    const signature = addReferrer(fixture.source, child, "signature of a child");
    await replicateTag(copyRequest("v1"), fixture, never);
    expect(fixture.target.manifests.has(signature)).toBe(true);
  });

  it("is not blocked by a listing that claims the image is attached to itself", async () => {
    const fixture = replicateFixture();
    const digest = addImage(fixture.source, ["one"], "v1");
    const circular = {
      ...fixture.source,
      listReferrers: async () => [
        ...(await fixture.source.listReferrers(digest, never)),
        { mediaType: MediaType.ociManifest, digest, size: 1 },
      ],
    };
    expect(await replicateTag(copyRequest("v1"), withSettings(fixture, { source: circular }), never)).toMatchObject({
      outcome: "replicated",
      digest,
    });
  });

  it("reports unchanged and writes nothing when the target's tag already names the digest", async () => {
    const fixture = replicateFixture();
    addImage(fixture.source, ["one"], "v1");
    await replicateTag(copyRequest("v1"), fixture, never);
    const before = fixture.target.calls.length;
    expect(await replicateTag(copyRequest("v1"), anotherDelivery(fixture), never)).toMatchObject({
      outcome: "unchanged",
    });
    expect(fixture.target.calls.slice(before).map(({ operation }) => operation)).toEqual(["resolve"]);
  });

  it("skips a tag that is gone from the source", async () => {
    const fixture = replicateFixture();
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toEqual({
      outcome: "skipped",
      reason: "source-gone",
    });
  });

  it("skips a schema 1 image with a record and without converting it", async () => {
    const fixture = replicateFixture();
    fixture.source.addManifest({ schemaVersion: 1, name: "app" }, MediaType.dockerSchema1Signed, "old");
    expect(await replicateTag(copyRequest("old"), fixture, never)).toEqual({ outcome: "skipped", reason: "schema1" });
    // A registry that calls every manifest the same.
    const digest = fixture.source.tags.get("old");
    if (digest === undefined) throw new Error("it has a tag");
    const source = { ...fixture.source, resolve: () => Promise.resolve({ digest, mediaType: MediaType.ociManifest }) };
    expect(await replicateTag(copyRequest("old"), withSettings(fixture, { source }), never)).toEqual({
      outcome: "skipped",
      reason: "schema1",
    });
  });

  it("copies what the tag names now, not what it named before a push moved it during the copy", async () => {
    const fixture = replicateFixture();
    addImage(fixture.source, ["old"], "v1");
    let newest: string | undefined;
    fixture.source.before = ({ operation }) => {
      if (operation === "open-blob" && newest === undefined) newest = addImage(fixture.source, ["new"], "v1");
    };
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({
      outcome: "replicated",
      digest: newest,
    });
    const tagPuts = fixture.target.calls.filter((call) => call.operation === "put-manifest" && call.reference === "v1");
    expect(tagPuts).toHaveLength(1);
  });

  it("starts over when a newer push removed the image it had begun to copy", async () => {
    const fixture = replicateFixture();
    const old = addImage(fixture.source, ["old"], "v1");
    let newest: string | undefined;
    fixture.source.before = ({ operation, reference }) => {
      if (operation !== "open-blob" || newest !== undefined) return;
      newest = addImage(fixture.source, ["new"], "v1");
      fixture.source.manifests.delete(old);
      throw new RegistryError(
        { side: "source", operation, category: "permanent", subject: reference, status: 404 },
        "gone",
      );
    };
    expect(await replicateTag(copyRequest("v1"), fixture, never)).toMatchObject({
      outcome: "replicated",
      digest: newest,
    });
  });
});

describe("concurrent deliveries", () => {
  it("P05: defer another message, and make the running copy look again", async () => {
    const fixture = replicateFixture();
    addImage(fixture.source, ["first"], "v1");
    let met: unknown;
    let second: string | undefined;
    fixture.target.before = async ({ operation, reference }) => {
      if (operation !== "put-manifest" || reference !== "v1" || met !== undefined) return;
      second = addImage(fixture.source, ["second"], "v1");
      met = await replicateTag(copyRequest("v1"), anotherDelivery(fixture), never);
    };
    const report = await replicateTag(copyRequest("v1"), fixture, never);
    expect(met).toMatchObject({ outcome: "deferred", reason: "busy" });
    expect(report).toMatchObject({ outcome: "replicated", digest: second });
    expect(fixture.target.tags.get("v1")).toBe(second);
  });

  it("P07: have nothing left to do for an older push, and report it as superseded by a newer one", async () => {
    const fixture = replicateFixture();
    const digest = addImage(fixture.source, ["one"], "v1");
    await replicateTag(copyRequest("v1", 2_000), fixture, never);
    expect(await replicateTag(copyRequest("v1", 1_000), anotherDelivery(fixture), never)).toEqual({
      outcome: "superseded",
      reason: "newer-push",
      digest,
    });
    expect(await replicateTag(copyRequest("v1", 2_000), anotherDelivery(fixture), never)).toEqual({
      outcome: "unchanged",
      digest,
    });
  });

  it("P05: defer a second delivery of the same message", async () => {
    const fixture = replicateFixture();
    addImage(fixture.source, ["one"], "v1");
    const duplicate = anotherDelivery(fixture, { message: fixture.message });
    let met: unknown;
    fixture.target.before = async ({ operation }) => {
      if (operation === "put-blob") met ??= await replicateTag(copyRequest("v1"), duplicate, never);
    };
    await replicateTag(copyRequest("v1"), fixture, never);
    expect(met).toMatchObject({ outcome: "deferred", reason: "busy" });
  });

  it("P24: take over from a dead delivery when its lease expires by the time in it, even if the table still has it, and send no finished blob again", async () => {
    const clock = createVirtualClock();
    const fixture = replicateFixture({ clock, leaseMs: 45_000 });
    addImage(fixture.source, ["layer-one", "layer-two", "layer-three"], "v1");
    const concurrency = createUploadConcurrency({ small: 1, big: 1, now: clock.now });
    const stopped = { ...clock, sleep: () => new Promise<void>(() => undefined), after: () => () => undefined };
    const dead = withSettings(fixture, { concurrency, clock: stopped });
    await new Promise<void>((died) => {
      fixture.target.before = ({ operation }) => {
        if (operation !== "put-blob" || uploadsOf(fixture).length < 3) return undefined;
        died();
        return new Promise(() => undefined);
      };
      void replicateTag(copyRequest("v1"), dead, never);
    });
    fixture.target.before = () => undefined;
    const finished = uploadsOf(fixture).slice(0, 2);
    await clock.pass(46_000);
    const next = anotherDelivery(fixture, { message: fixture.message });
    const report = await clock.during(replicateTag(copyRequest("v1"), next, never));
    expect(report).toMatchObject({ outcome: "replicated" });
    for (const digest of finished) expect(uploadsOf(fixture).filter((upload) => upload === digest)).toHaveLength(1);
  });

  it("R16: upload a blob that many tags share once, regardless of the number of concurrent copies", async () => {
    const fixture = replicateFixture();
    const tags = Array.from({ length: 20 }, (_, index) => `v${index}`);
    for (const tag of tags) addImage(fixture.source, ["shared base", `own ${tag}`], tag);
    const reports = await Promise.all(
      tags.map((tag) => replicateTag(copyRequest(tag), anotherDelivery(fixture), never)),
    );
    expect(reports.map(({ outcome }) => outcome)).toEqual(tags.map(() => "replicated"));
    const uploads = uploadsOf(fixture);
    expect(uploads).toHaveLength(new Set(uploads).size);
  });
});
