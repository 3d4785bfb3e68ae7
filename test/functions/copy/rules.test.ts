import { describe, expect, it } from "vitest";
import { cosignTags } from "../../../src/oci/cosign-tags.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { addPlatformIndex } from "../../fixtures/images/platform-index.ts";
import { addImage } from "../../fixtures/images/memory-image.ts";
import { MINUTE, setUpRules } from "./rules-fixture.ts";

describe("a request for an image of a repository whose tags restrict its replication", () => {
  it("is skipped with that reason, and asks the source for nothing else", async () => {
    const { push, request, repositoryTags, asked, opened } = setUpRules({ repositories: ["**"], latest: { count: 2 } });
    push("v1");
    repositoryTags.tags.set("freightliner:replicate", "off");
    expect(await request("v1")).toMatchObject({ outcome: "skipped", reason: "repository-tag" });
    expect([asked, opened]).toEqual([[], []]);
  });

  it("waits while the tags cannot be read: they may forbid the copy", async () => {
    const { push, request, repositoryTags, deferred, opened } = setUpRules({ repositories: ["**"] });
    push("v1");
    const problem = { side: "source", operation: "list-tags", subject: "team/app", category: "deferred" } as const;
    repositoryTags.problem = new RegistryError(problem, "is throttled");
    expect(await request("v1")).toMatchObject({ outcome: "deferred" });
    expect([deferred.length, opened]).toEqual([1, []]);
  });
});

describe("a request under rules that need no facts", () => {
  it("asks the source for none", async () => {
    const { push, request, asked, opened } = setUpRules({ name: "all", repositories: ["team/*"], as: "copies/{name}" });
    push("v1");
    expect(await request("v1")).toMatchObject({ outcome: "replicated", rule: "all" });
    expect([asked, opened]).toEqual([[], ["p/copies/app"]]);
  });

  it("is skipped when its tag is excluded; the receipt names the rule and belongs to the tag", async () => {
    const { push, request, receipts, opened } = setUpRules({
      name: "no dev",
      repositories: ["**"],
      exclude: { tags: ["dev-*"] },
    });
    push("dev-1");
    expect(await request("dev-1")).toMatchObject({ outcome: "skipped", reason: "excluded", rule: "no dev" });
    expect([...receipts]).toMatchObject([[expect.stringContaining("gar/p/team/app:dev-1"), { rule: "no dev" }]]);
    expect(opened).toEqual([]);
  });

  it("does not copy the signature of an excluded image, and copies that of another one", async () => {
    const { push, request, fixture } = setUpRules({ repositories: ["**"], exclude: { tags: ["dev-*"] } });
    const [kept, excluded] = [push("v1"), push("dev-1")];
    const [signature = "", other = ""] = [kept, excluded].map((digest) => cosignTags(digest)[0]);
    for (const tag of [signature, other]) addImage(fixture.source, [tag], tag);
    await request("v1");
    expect([...fixture.target.tags.keys()].toSorted()).toEqual([signature, "v1"].toSorted());
    expect(await request(other)).toMatchObject({ outcome: "skipped", reason: "subject-absent" });
    expect(fixture.target.tags.has(other)).toBe(false);
  });

  it("fails when the name at the target would be too long, with advice", async () => {
    const { request, buried, observer } = setUpRules({
      name: "long",
      repositories: ["**"],
      as: `${"x".repeat(100)}/{repository}`,
    });
    expect(await request("v1", { repository: "a".repeat(200) })).toMatchObject({ outcome: "failed", rule: "long" });
    expect(buried).toEqual(["target-name-invalid"]);
    expect(JSON.stringify(observer.lines)).toContain("change the rule's");
  });
});

describe("a request under a rule that chooses platforms", () => {
  const platforms = { include: ["linux/amd64"], keep: "strip" as const };

  it("ends with a receipt that names both digests, the platforms and what was left out", async () => {
    const { request, fixture, receipts, observer } = setUpRules({ repositories: ["**"], platforms });
    const { digest } = addPlatformIndex(fixture.source, ["linux/amd64", "linux/s390x"], { tag: "v1" });
    expect(await request("v1")).toMatchObject({ outcome: "replicated" });
    const both = { digest: fixture.target.tags.get("v1"), sourceDigest: digest, platforms: "strip linux/amd64/v1" };
    const leftOut = expect.stringContaining(": it is linux/s390x, and its rule copies only linux/amd64");
    expect([...receipts.values()]).toMatchObject([{ ...both, leftOutCount: 2, leftOut }]);
    expect(observer.lines.at(-1)?.fields).toMatchObject(both);
    expect(both.digest).not.toBe(digest);
  });

  it("is skipped when the image has none of them, and copies a signature of what the target has", async () => {
    const { push, request, fixture } = setUpRules({ repositories: ["**"], platforms });
    addPlatformIndex(fixture.source, ["linux/arm64", "linux/s390x"], { tag: "v1" });
    expect(await request("v1")).toMatchObject({ outcome: "skipped", reason: "platform" });
    const [kept, lost] = [push("chart"), fixture.source.tags.get("v1")];
    await request("chart");
    const [signature = "", other = ""] = [kept, lost ?? "sha256:"].map((each) => cosignTags(each)[0]);
    for (const tag of [signature, other]) addImage(fixture.source, [tag], tag);
    expect(await request(signature)).toMatchObject({ outcome: "replicated" });
    expect(await request(other)).toMatchObject({ outcome: "skipped", reason: "subject-absent" });
  });
});

describe("a request that no rule selects", () => {
  const rule = { repositories: ["other/*"] };

  it("waits while the rule that requested it may still be rolled out, without an attempt, and then is skipped", async () => {
    const { push, request, deferred, opened, receipts, time } = setUpRules(rule);
    push("v1", 1);
    const pushedAt = time.now - MINUTE;
    expect(await request("v1", { pushedAt })).toMatchObject({ outcome: "deferred", reason: "rule-pending" });
    expect([deferred, opened, [...receipts]]).toEqual([[MINUTE], [], []]);
    time.now += 11 * MINUTE;
    expect(await request("v1", { pushedAt })).toMatchObject({ outcome: "skipped", reason: "no-rule" });
  });

  it("is skipped at once when its push is older, or its time unknown", async () => {
    const { push, request, time } = setUpRules(rule);
    push("v1", 30);
    for (const pushedAt of [0, time.now - 30 * MINUTE]) {
      expect(await request("v1", { pushedAt })).toMatchObject({ outcome: "skipped", reason: "no-rule" });
    }
  });
});

describe("a rule with an age", () => {
  const rule = { name: "settled", repositories: ["**"], minAgeMinutes: 30 };

  it("defers an image until it is old enough, and opens no circuit, lease or alarm for it", async () => {
    const { push, request, deferred, fixture, observer, time } = setUpRules(rule);
    push("v1", 10);
    const pushedAt = time.now - 10 * MINUTE;
    expect(await request("v1", { pushedAt })).toMatchObject({
      outcome: "deferred",
      reason: "too-young",
      rule: "settled",
    });
    expect(deferred).toEqual([20 * MINUTE]);
    expect(fixture.target.calls).toEqual([]);
    const record = await fixture.tags.read("gar/project/repository/app:v1", AbortSignal.timeout(1_000));
    expect(record).toMatchObject({ wantedAt: pushedAt, attempts: 0 });
    expect(record?.lease).toBeUndefined();
    expect(observer.counts.some(({ metric }) => metric === "DeferredAge")).toBe(false);
  });

  it("copies the image when it is old enough; the wait is no part of its lag", async () => {
    const { push, request, time } = setUpRules(rule);
    push("v1");
    const pushedAt = time.now;
    time.now += 31 * MINUTE;
    expect(await request("v1", { pushedAt })).toEqual({ outcome: "replicated", rule: "settled", lagMs: MINUTE });
  });

  it("goes by the image that the tag names now, not by the event", async () => {
    const { push, request, deferred, time } = setUpRules(rule);
    push("v1", 60);
    const pushedAt = time.now - 60 * MINUTE;
    push("v1", 5);
    expect(await request("v1", { pushedAt })).toMatchObject({ outcome: "deferred", reason: "too-young" });
    expect(deferred).toEqual([25 * MINUTE]);
  });

  it("does not copy a younger image to which the tag moves after the decision", async () => {
    const { push, request, deferred, fixture, parts } = setUpRules(rule);
    push("v1", 60);
    const { circuit } = parts;
    Object.assign(parts, {
      circuit: (name: string) => {
        push("v1", 1);
        return circuit(name);
      },
    });
    expect(await request("v1")).toMatchObject({ outcome: "deferred", reason: "busy" });
    expect(fixture.target.tags.size).toBe(0);
    Object.assign(parts, { circuit });
    expect(await request("v1")).toMatchObject({ outcome: "deferred", reason: "too-young" });
    expect(deferred).toEqual([0, 29 * MINUTE]);
  });

  it("copies the signatures of an image that is old enough, whatever their age", async () => {
    const { push, request, fixture } = setUpRules(rule);
    const digest = push("v1", 60);
    const [signature = ""] = cosignTags(digest);
    push(signature, 1);
    expect(await request("v1")).toMatchObject({ outcome: "replicated" });
    expect([...fixture.target.tags.keys()].toSorted()).toEqual([signature, "v1"].toSorted());
  });
});

describe("a rule for the newest tags", () => {
  it("copies these and no others, and lists the repository once for many requests", async () => {
    const { push, request, asked, time } = setUpRules({
      name: "two",
      repositories: ["**"],
      latest: { count: 2, by: "version" },
    });
    for (const tag of ["v1.9.0", "v1.10.0", "v1.2.0", "latest"]) push(tag);
    expect(await request("v1.10.0")).toMatchObject({ outcome: "replicated", rule: "two" });
    expect(await request("v1.9.0")).toMatchObject({ outcome: "replicated" });
    expect(await request("v1.2.0")).toMatchObject({ outcome: "skipped", reason: "not-latest", rule: "two" });
    expect(await request("latest")).toMatchObject({ outcome: "skipped", reason: "not-latest" });
    expect(asked).toEqual(["tags"]);
    push("v1.11.0");
    expect(await request("v1.11.0")).toMatchObject({ outcome: "replicated" });
    time.now += MINUTE;
    expect(await request("v1.9.0")).toMatchObject({ outcome: "skipped", reason: "not-latest" });
    expect(asked).toEqual(["tags", "tags"]);
  });

  it("copies a tag that is newer than the listing it has", async () => {
    const { push, request } = setUpRules({ repositories: ["**"], latest: { count: 1 } });
    push("a", 5);
    expect(await request("a")).toMatchObject({ outcome: "replicated" });
    push("b", 1);
    expect(await request("b")).toMatchObject({ outcome: "replicated" });
  });
});

describe("a rule for artifact types", () => {
  const rule = { name: "images", repositories: ["**"], artifactTypes: { include: ["application/vnd.oci.image.*"] } };

  it("copies images, and skips what has another type", async () => {
    const { push, request, fixture, asked } = setUpRules(rule);
    push("v1");
    fixture.source.addManifest(
      {
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        artifactType: "application/vnd.cncf.helm.chart",
        config: {
          mediaType: "application/vnd.oci.empty.v1+json",
          size: 2,
          digest: fixture.source.addBlob(new TextEncoder().encode("{}")),
        },
        layers: [],
      },
      "application/vnd.oci.image.manifest.v1+json",
      "chart",
    );
    expect(await request("v1")).toMatchObject({ outcome: "replicated", rule: "images" });
    expect(await request("chart")).toMatchObject({ outcome: "skipped", reason: "artifact-type", rule: "images" });
    expect(await request("gone")).toMatchObject({ outcome: "skipped", reason: "source-gone" });
    expect(asked).toEqual(["manifest v1", "manifest chart", "manifest gone"]);
  });

  it("defers a request while the source does not say what it needs", async () => {
    const { push, request, fixture, deferred } = setUpRules(rule);
    push("v1");
    const { before } = fixture.source;
    fixture.source.before = () => {
      const about = { side: "source", operation: "resolve", subject: "team/app", category: "deferred" } as const;
      throw new RegistryError(about, "away");
    };
    expect(await request("v1")).toMatchObject({ outcome: "deferred", reason: "unavailable" });
    expect(deferred).toHaveLength(1);
    fixture.source.before = before;
    expect(await request("v1")).toMatchObject({ outcome: "replicated" });
  });
});

describe("rules with priorities", () => {
  it("let the first that selects an image decide where it goes", async () => {
    const { push, request, opened } = setUpRules(
      { name: "all", repositories: ["**"], exclude: { repositories: ["releases/**"] } },
      { name: "releases", priority: 1, repositories: ["**"], tags: [{ semver: ">=1" }], as: "releases/{repository}" },
    );
    for (const tag of ["v1.0.0", "main"]) push(tag);
    expect(await request("v1.0.0")).toMatchObject({ rule: "releases" });
    expect(await request("main")).toMatchObject({ rule: "all" });
    expect(opened).toEqual(["p/releases/team/app", "p/team/app"]);
  });
});
