import { describe, expect, it } from "vitest";
import { undeleteTag } from "../../../functions/reconcile/undelete-tag.ts";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { parseRepositoryName, parseTag } from "../../../src/oci/reference.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import type { DeletionRecord } from "../../../src/replication/deletes/deletion-record.ts";
import type { TagRecord } from "../../../src/replication/state/tag-record.ts";
import { createObserved } from "../observer.ts";
import { DOCUMENT } from "./reconcile-fixture.ts";

const bytes = new TextEncoder().encode("{}");
const digest = digestOf(bytes);
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const place = { destination: "gar", repository: parseRepositoryName("images/app"), tag: parseTag("v1") };
const { destinations } = parseConfiguration(DOCUMENT);
const own = destinations[0]?.access.registry ?? "";

/** A destination that has the image of a deleted tag, or that answers each put with an error. */
function setUp(refusal?: Error) {
  const asked: string[] = [];
  const observer = createObserved();
  const dependencies = {
    configuration: parseConfiguration(DOCUMENT),
    tags: createMemoryRecordStore<TagRecord>(),
    deletions: createMemoryRecordStore<DeletionRecord>(),
    receipts: () =>
      Promise.resolve([
        { id: "d", endedAt: 3, traceparent: "t", digest, outcome: "deleted", reason: "source-deleted" } as const,
      ]),
    target: (destination: string, repository: string) => {
      asked.push(`${destination} ${repository}`);
      return {
        resolve: () => Promise.resolve(undefined),
        fetchManifest: () => Promise.resolve({ bytes, digest, mediaType }),
        putManifest: () => (refusal === undefined ? Promise.resolve(digest) : Promise.reject(refusal)),
      };
    },
    now: () => 1_000,
    owner: "operator",
    observer,
  };
  return { asked, observer, run: (given: object = {}) => undeleteTag({ ...place, ...given }, dependencies, NEVER) };
}

describe("the undo of a deletion by the function that deletes", () => {
  it("puts the tag again at its destination, and logs how it ended", async () => {
    const { asked, observer, run } = setUp();
    expect(await run({ registry: own })).toEqual({ kind: "restored", digest });
    expect(asked).toEqual(["gar images/app"]);
    expect(JSON.stringify(observer.lines)).toContain("Undo of a deletion ended: restored");
  });

  it("sends nothing when the operator names another registry, or a destination that is not configured", async () => {
    const { asked, run } = setUp();
    expect(await run({ registry: "other.example" })).toEqual({ kind: "elsewhere", registry: own });
    expect(await run({ destination: "gone" })).toMatchObject({
      kind: "failed",
      problem: expect.stringMatching(/^gone is not/),
    });
    expect(asked).toEqual([]);
  });

  it("says why the destination refuses, and hides no other error", async () => {
    const failure = { side: "target", operation: "put-manifest", category: "permanent", subject: "app:v1" } as const;
    const refusal = new RegistryError({ ...failure, status: 403 }, "the registry answered HTTP 403");
    expect(await setUp(refusal).run()).toEqual({ kind: "failed", problem: expect.stringContaining("HTTP 403") });
    await expect(setUp(new TypeError("a bug")).run()).rejects.toThrow("a bug");
  });
});
