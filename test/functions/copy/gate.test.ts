import { describe, expect, it } from "vitest";
import { cosignTags } from "../../../src/oci/cosign-tags.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { addImage, addIndex, addReferrer, descriptorOf } from "../../fixtures/images/memory-image.ts";
import { addArtifact, addSignature, signingKey } from "../../fixtures/images/signed-image.ts";
import { MINUTE, setUpRules } from "./rules-fixture.ts";

const key = signingKey();
const signed = {
  name: "signed",
  repositories: ["**"],
  gate: { signatures: { keys: [{ name: "release", pem: key.pem }] } },
};
const HOUR = 60 * MINUTE;

describe("a gate that requires a signature", () => {
  it("sends nothing of an unsigned image, and waits without an attempt, an alarm or a circuit", async () => {
    const { push, request, fixture, deferred, observer } = setUpRules(signed);
    push("v1");
    expect(await request("v1")).toMatchObject({ outcome: "deferred", reason: "gate", rule: "signed" });
    expect(fixture.target.calls.map(({ operation }) => operation)).toEqual(["resolve"]);
    expect(deferred).toEqual([15_000]);
    const record = await fixture.tags.read("gar/project/repository/app:v1", AbortSignal.timeout(1_000));
    expect(record).toMatchObject({ attempts: 0, last: { outcome: "deferred", reason: "gate" } });
    expect(observer.counts.some(({ metric }) => metric === "DeferredAge")).toBe(false);
  });

  it.each(["tag", "referrer", "bundle"] as const)(
    "copies an image whose signature, a %s, arrives 30 s later: after it, and with it; the receipt names the key",
    async (form) => {
      const { push, request, fixture, receipts, time, deferred } = setUpRules(signed);
      const digest = push("v1");
      const pushedAt = time.now;
      const ends: unknown[] = [];
      let signature = digest;
      while (!ends.includes("replicated") && ends.length < 10) {
        const isSigned = time.now - pushedAt >= 30_000;
        if (isSigned && signature === digest) signature = addSignature(fixture.source, digest, { key, form });
        const { outcome } = await request("v1", { pushedAt });
        ends.push(isSigned ? outcome : `unsigned ${String(outcome)}`);
        time.now += outcome === "deferred" ? (deferred.at(-1) ?? 0) : 0;
      }
      expect(ends).toEqual(["unsigned deferred", "unsigned deferred", "replicated"]);
      expect(time.now - pushedAt).toBeLessThan(60_000);
      expect(fixture.target.manifests.has(signature)).toBe(true);
      expect([...receipts.values()].at(-1)).toMatchObject({
        outcome: "replicated",
        gate: {
          checks: [
            {
              requirement: "signature",
              result: "met",
              detail: expect.stringMatching(/^key release \(sha256:[0-9a-f]{64}\)$/),
            },
          ],
        },
      });
    },
  );

  it("does not count the wait as lag", async () => {
    const { push, request, fixture, time } = setUpRules(signed);
    const digest = push("v1");
    const pushedAt = time.now;
    await request("v1", { pushedAt });
    time.now += HOUR;
    addSignature(fixture.source, digest, { key });
    expect(await request("v1", { pushedAt })).toMatchObject({ outcome: "replicated", lagMs: 0 });
  });

  it("quarantines an image that stays unsigned for the hours it may wait: a terminal outcome, counted, and no dead letter", async () => {
    const { push, request, fixture, time, observer, buried, receipts } = setUpRules({
      ...signed,
      gate: { ...signed.gate, waitHours: 2 },
    });
    push("v1");
    await request("v1");
    time.now += 2 * HOUR - 1;
    expect(await request("v1")).toMatchObject({ outcome: "deferred", reason: "gate" });
    time.now += 1;
    expect(await request("v1")).toMatchObject({ outcome: "quarantined", reason: "unsigned" });
    expect([buried, fixture.target.tags.size, fixture.target.blobs.size]).toEqual([[], 0, 0]);
    expect(observer.counts.filter(({ metric }) => metric === "TagsQuarantined")).toHaveLength(1);
    expect([...receipts.values()]).toMatchObject([
      {
        outcome: "quarantined",
        reason: "unsigned",
        gate: {
          checks: [
            { result: "missing", detail: expect.stringMatching(/^no signature; sign it with key release \(sha256:/) },
          ],
        },
      },
    ]);
  });

  it("does not wait anew when a comparison asks about an image in quarantine, and copies it once it is signed", async () => {
    const { push, request, fixture, time } = setUpRules(signed);
    const digest = push("v1");
    await request("v1");
    time.now += 5 * HOUR;
    for (let asked = 0; asked < 2; asked++)
      expect(await request("v1")).toMatchObject({ outcome: "quarantined", reason: "unsigned" });
    addSignature(fixture.source, digest, { key });
    expect(await request("v1")).toMatchObject({ outcome: "replicated" });
  });

  it("waits anew for another image under the same tag", async () => {
    const { push, request, time } = setUpRules(signed);
    push("v1");
    await request("v1");
    time.now += 5 * HOUR;
    push("v1");
    expect(await request("v1")).toMatchObject({ outcome: "deferred", reason: "gate" });
  });

  it("refuses signatures by another key, and of another image", async () => {
    const { push, request, fixture } = setUpRules(signed);
    const [digest, other] = [push("v1"), push("v2")];
    for (const form of ["tag", "referrer", "bundle"] as const) {
      addSignature(fixture.source, digest, { key: signingKey(), form });
      addSignature(fixture.source, digest, { key, form, says: other });
    }
    expect(await request("v1")).toMatchObject({ outcome: "deferred", reason: "gate" });
    expect(fixture.target.tags.size).toBe(0);
  });

  it("verifies the image that it copies: a tag that moves to an unsigned image meanwhile is not put", async () => {
    const { push, request, fixture } = setUpRules(signed);
    addSignature(fixture.source, push("v1"), { key });
    const { before } = fixture.source;
    fixture.source.before = ({ operation }) => {
      if (operation !== "list-referrers") return;
      fixture.source.before = before;
      push("v1");
    };
    expect(await request("v1")).toMatchObject({ outcome: "deferred", reason: "gate" });
    expect(fixture.target.tags.has("v1")).toBe(false);
  });

  it("requires it of the index, which covers its platforms", async () => {
    const { request, fixture } = setUpRules(signed);
    const children = ["a", "b"].map((layer) => addImage(fixture.source, [layer]));
    const index = addIndex(fixture.source, children, "v1");
    for (const child of children) addSignature(fixture.source, child, { key });
    expect(await request("v1")).toMatchObject({ outcome: "deferred", reason: "gate" });
    addSignature(fixture.source, index, { key, form: "bundle" });
    expect(await request("v1")).toMatchObject({ outcome: "replicated" });
  });

  it("copies no signature before its image", async () => {
    const { push, request, fixture } = setUpRules(signed);
    const digest = push("v1");
    const referrer = addSignature(fixture.source, digest, { key, form: "bundle" });
    addSignature(fixture.source, digest, { key });
    for (const reference of [cosignTags(digest)[0] ?? "", referrer]) {
      expect(await request(reference)).toMatchObject({ outcome: "skipped", reason: "subject-absent" });
    }
    expect(fixture.target.tags.size).toBe(0);
    expect(await request("v1")).toMatchObject({ outcome: "replicated" });
  });
});

describe("a gate that requires attachments", () => {
  const rule = {
    repositories: ["**"],
    gate: { referrers: [{ artifactType: "application/spdx*" }, { predicateType: "https://slsa.dev/provenance/v1" }] },
  };

  it("waits until all of them are there", async () => {
    const { push, request, fixture, observer } = setUpRules(rule);
    const digest = push("v1");
    addReferrer(fixture.source, digest, "another");
    expect(await request("v1")).toMatchObject({ outcome: "deferred", reason: "gate" });
    addArtifact(fixture.source, [], { subject: digest, artifactType: "application/spdx+json" });
    expect(await request("v1")).toMatchObject({ outcome: "deferred", reason: "gate" });
    expect(observer.lines.at(-1)?.fields?.["gate"]).toBe(
      "referrer met (application/spdx*); referrer missing (https://slsa.dev/provenance/v1)",
    );
    addArtifact(fixture.source, [], {
      subject: digest,
      annotations: { "dev.sigstore.bundle.predicateType": "https://slsa.dev/provenance/v1" },
    });
    expect(await request("v1")).toMatchObject({ outcome: "replicated" });
  });
});

describe("a gate that requires a scan", () => {
  const rule = { repositories: ["**"], gate: { scan: { maxSeverity: "medium" as const } } };
  const found = (counts: Record<string, number>) =>
    ({ kind: "scanned", counts: new Map(Object.entries(counts)) }) as const;

  it("waits for it, copies what is clean enough, and quarantines at once what is not", async () => {
    const { push, request, scans } = setUpRules(rule);
    const [clean, dirty] = [push("clean"), push("dirty")];
    expect(await request("clean")).toMatchObject({ outcome: "deferred", reason: "gate" });
    scans.set(clean, found({ MEDIUM: 2 })).set(dirty, found({ HIGH: 1 }));
    expect(await request("clean")).toMatchObject({ outcome: "replicated" });
    expect(await request("dirty")).toMatchObject({ outcome: "quarantined", reason: "severity" });
  });

  it("asks for every platform of an index, and for no build attestation", async () => {
    const { request, scans, fixture } = setUpRules(rule);
    const children = ["a", "b"].map((layer) => addImage(fixture.source, [layer]));
    const layer = {
      mediaType: "application/vnd.in-toto+json",
      digest: fixture.source.addBlob(new Uint8Array()),
      size: 0,
    };
    addIndex(fixture.source, [...children, addArtifact(fixture.source, [layer], {})], "v1");
    const [first, second] = children;
    if (first === undefined || second === undefined) throw new Error("no children");
    scans.set(first, found({}));
    expect(await request("v1")).toMatchObject({ outcome: "deferred", reason: "gate" });
    scans.set(second, found({ UNTRIAGED: 1 }));
    expect(await request("v1")).toMatchObject({ outcome: "quarantined", reason: "severity" });
    scans.set(second, found({ LOW: 1 }));
    expect(await request("v1")).toMatchObject({ outcome: "replicated" });
  });
});

describe("a gate that limits the contents", () => {
  it("quarantines an image that is too big, and copies a smaller one", async () => {
    const { push, request, fixture } = setUpRules({ repositories: ["**"], gate: { maxBytes: 2_000 } });
    addImage(fixture.source, ["x".repeat(2_000)], "big");
    push("small");
    expect(await request("big")).toMatchObject({ outcome: "quarantined", reason: "too-big" });
    expect(await request("small")).toMatchObject({ outcome: "replicated" });
    expect([...fixture.target.tags.keys()]).toEqual(["small"]);
  });

  it("copies images on allowed base images, named with a tag or a digest or as Docker Hub's are; no others, and none without a name", async () => {
    const { push, request, fixture } = setUpRules({
      repositories: ["**"],
      gate: { baseImages: ["public.ecr.aws/team/**", "docker.io/library/alpine"] },
    });
    const tagged = (tag: string, base: string) =>
      addArtifact(fixture.source, [], { tag, annotations: { "org.opencontainers.image.base.name": base } });
    tagged("team", "public.ecr.aws/team/base:1");
    tagged("hub", "alpine:3.20@sha256:0");
    tagged("other", "ghcr.io/team/base:1");
    push("unnamed");
    for (const tag of ["team", "hub"]) expect(await request(tag)).toMatchObject({ outcome: "replicated" });
    for (const tag of ["other", "unnamed"])
      expect(await request(tag)).toMatchObject({ outcome: "quarantined", reason: "base-image" });
  });

  it("quarantines an index that names an allowed base image while one of its platforms names another", async () => {
    const { request, fixture } = setUpRules({
      repositories: ["**"],
      gate: { baseImages: ["docker.io/library/alpine"] },
    });
    const annotations = (base: string) => ({ "org.opencontainers.image.base.name": base });
    const index = (tag: string, bases: readonly string[]) => {
      const manifests = bases.map((base) =>
        descriptorOf(fixture.source, addArtifact(fixture.source, [], { annotations: annotations(base) })),
      );
      const document = {
        schemaVersion: 2,
        mediaType: MediaType.ociIndex,
        manifests,
        annotations: annotations("alpine"),
      };
      fixture.source.addManifest(document, MediaType.ociIndex, tag);
    };
    index("agreed", ["alpine:3.20", "alpine"]);
    index("mixed", ["alpine", "ghcr.io/team/base:1"]);
    expect(await request("agreed")).toMatchObject({ outcome: "replicated" });
    expect(await request("mixed")).toMatchObject({ outcome: "quarantined", reason: "base-image" });
  });
});

describe("an override", () => {
  it("lets one image through until it expires, and the receipt says who and why", async () => {
    const { push, request, receipts, time } = setUpRules({
      repositories: ["**"],
      gate: {
        maxBytes: 1,
        overrides: [{ image: "team/app:v1", until: new Date(101 * MINUTE).toISOString(), by: "ops", reason: "INC-7" }],
      },
    });
    for (const tag of ["v1", "v2"]) push(tag);
    expect(await request("v2")).toMatchObject({ outcome: "quarantined", reason: "too-big" });
    expect(await request("v1")).toMatchObject({ outcome: "replicated" });
    const override = { by: "ops", reason: "INC-7", until: 101 * MINUTE };
    expect([...receipts.values()].at(-1)).toMatchObject({ gate: { checks: [{ result: "refused" }], override } });
    push("v1");
    time.now = 101 * MINUTE;
    expect(await request("v1")).toMatchObject({ outcome: "quarantined", reason: "too-big" });
  });
});
