import { describe, expect, it } from "vitest";
import { parseRepositoryName } from "../../../src/oci/reference.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { addImage } from "../../fixtures/images/memory-image.ts";
import { copyRequest, replicateFixture } from "../../fixtures/replicate-context.ts";
import type { ReplicateFixture } from "../../fixtures/replicate-context.ts";

const never = new AbortController().signal;
const base = "base".repeat(300_000);

const count = ({ target }: ReplicateFixture, operation: string): number =>
  target.calls.filter((call) => call.operation === operation).length;

/** Two repositories of one destination, their images on the same base layer. */
function twoRepositories(): [ReplicateFixture, ReplicateFixture] {
  const sharing = (name: string) => ({ scope: "gar", repository: parseRepositoryName(name) });
  const first = replicateFixture({ scope: "gar/one", sharing: sharing("one") });
  const { tags, checkpoints, concurrency } = first;
  const second = replicateFixture({ tags, checkpoints, concurrency, scope: "gar/two", sharing: sharing("two") });
  addImage(first.source, [base, "one"], "v1");
  addImage(second.source, [base, "two"], "v1");
  return [first, second];
}

describe("a blob that several repositories of a destination need", () => {
  it("is found with one request where the registry shares blobs between repositories", async () => {
    const [first, second] = twoRepositories();
    await replicateTag(copyRequest("v1"), first, never);
    for (const [digest, bytes] of first.target.blobs) second.target.blobs.set(digest, bytes);
    expect(await replicateTag(copyRequest("v1"), second, never)).toMatchObject({
      statistics: { blobsPresent: 1, blobsUploaded: 2 },
    });
    expect(count(second, "head-blob")).toBe(1);
  });

  it("is mounted where the registry does not share them", async () => {
    const [first, second] = twoRepositories();
    await replicateTag(copyRequest("v1"), first, never);
    second.target.mounts = (digest, from) => (from === "one" ? first.target.blobs.get(digest) : undefined);
    expect(await replicateTag(copyRequest("v1"), second, never)).toMatchObject({
      outcome: "replicated",
      statistics: { blobsMounted: 1, blobsUploaded: 2 },
    });
  });

  it("is sent by one of two concurrent copies, while the other waits for it", async () => {
    const [first, second] = twoRepositories();
    second.target.mounts = (digest) => first.target.blobs.get(digest);
    first.target.mounts = (digest) => second.target.blobs.get(digest);
    const both = [first, second].map((fixture) => replicateTag(copyRequest("v1"), fixture, never));
    const reports = await Promise.all(both);
    const bytes = reports.map((report) =>
      report.outcome === "replicated" ? report.statistics.bytesUploaded : Number.NaN,
    );
    expect(Math.min(...bytes)).toBeLessThan(10_000);
    expect(Math.max(...bytes)).toBeGreaterThan(1_000_000);
  });

  it("is sent anyway when the other repository has lost it", async () => {
    const [first, second] = twoRepositories();
    await replicateTag(copyRequest("v1"), first, never);
    expect(await replicateTag(copyRequest("v1"), second, never)).toMatchObject({
      outcome: "replicated",
      statistics: { blobsUploaded: 3 },
    });
  });
});

describe("the existence check of blobs at the target", () => {
  it("is skipped when the repository is empty", async () => {
    const fixture = replicateFixture();
    addImage(fixture.source, [base, `${base}2`], "v1");
    await replicateTag(copyRequest("v1"), fixture, never);
    expect([count(fixture, "list-tags"), count(fixture, "head-blob")]).toEqual([2, 0]);
  });

  it("is made for big blobs when the repository has any content", async () => {
    const fixture = replicateFixture();
    addImage(fixture.source, [base, "small"], "v1");
    addImage(fixture.target, ["something"], "older");
    await replicateTag(copyRequest("v1"), fixture, never);
    expect(count(fixture, "head-blob")).toBe(1);
  });
});
