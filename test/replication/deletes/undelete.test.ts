import { describe, expect, it } from "vitest";
import { NEVER } from "../../../src/async/abort.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import type { Manifest } from "../../../src/oci/manifest.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import { beginDeletion } from "../../../src/replication/deletes/delete-allowance.ts";
import type { DeletionRecord, Tombstone } from "../../../src/replication/deletes/deletion-record.ts";
import { undelete } from "../../../src/replication/deletes/undelete.ts";
import type { Receipt } from "../../../src/replication/outcome/receipt.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { claimTag } from "../../../src/replication/state/tag-record.ts";
import type { TagRecord } from "../../../src/replication/state/tag-record.ts";

const bytes = new TextEncoder().encode("{}");
const digest: Digest = digestOf(bytes);
const manifest: Manifest = { bytes, digest, mediaType: "application/vnd.oci.image.manifest.v1+json" };
const tag = parseTag("v1");
const tombstone: Tombstone = { tag, digest, by: "e", cause: "source-deleted", rule: "r", seenAt: 1, dueAt: 2 };
const deleted: Receipt = {
  id: "d",
  endedAt: 3,
  traceparent: "t",
  digest,
  outcome: "deleted",
  reason: "source-deleted",
};

function setUp(known: { readonly receipts?: Receipt[]; readonly image?: Manifest; readonly tagged?: Digest }) {
  const tags = createMemoryRecordStore<TagRecord>();
  const deletions = createMemoryRecordStore<DeletionRecord>();
  const puts: string[] = [];
  let tagged = known.tagged;
  const ports = {
    tags,
    deletions,
    receipts: () => Promise.resolve(known.receipts ?? []),
    target: {
      resolve: () => Promise.resolve(tagged && { digest: tagged, mediaType: manifest.mediaType }),
      fetchManifest: () => Promise.resolve(known.image),
      putManifest: (_manifest: Manifest, reference: string) => {
        puts.push(reference);
        tagged = digest;
        return Promise.resolve(digest);
      },
    },
    now: () => 1_000,
    owner: "operator",
    leaseMs: 45_000,
  };
  return { tags, deletions, puts, run: () => undelete(tag, "gar/a", ports, NEVER) };
}

describe("the undo of a deletion", () => {
  it("removes the tombstone and keeps the tag, also from a deletion that has read the tombstone before", async () => {
    const { deletions, run } = setUp({ tagged: digest });
    await deletions.update("gar/a", () => ({
      next: { repository: "a", tombstones: [tombstone], hours: [], kept: [] },
      answer: undefined,
    }));
    expect(await run()).toEqual({ kind: "kept", digest });
    const record = await deletions.read("gar/a");
    expect([record?.tombstones, record?.kept]).toEqual([[], [{ tag, digest }]]);
    expect(beginDeletion(record, tombstone, { tags: 9, maxRatioPerDay: 1, now: 9 })).toEqual({ answer: "cancelled" });
  });

  it("puts a deleted tag again if the target has its image, and records that it is ours", async () => {
    const { tags, deletions, puts, run } = setUp({ receipts: [deleted], image: manifest });
    expect(await run()).toEqual({ kind: "restored", digest });
    expect(puts).toEqual(["v1"]);
    expect(await tags.read("gar/a:v1")).toMatchObject({ replicated: { digest }, puts: [{ digest }] });
    expect((await tags.read("gar/a:v1"))?.lease).toBeUndefined();
    expect((await deletions.read("gar/a"))?.kept).toEqual([{ tag, digest, listedBy: 46_000 }]);
    expect(await run()).toEqual({ kind: "present", digest });
  });

  it("says when the image is lost, when there is nothing to undo, and when a copy works on the tag", async () => {
    expect(await setUp({ receipts: [deleted] }).run()).toEqual({ kind: "lost", digest });
    expect(await setUp({ image: manifest }).run()).toEqual({ kind: "unknown" });
    const busy = setUp({ receipts: [deleted], image: manifest });
    const claim = { key: "gar/a:v1", message: "m", owner: "copy", pushedAt: 1, now: 990, leaseMs: 500 };
    await busy.tags.update("gar/a:v1", (record) => claimTag(record, claim));
    expect([await busy.run(), busy.puts]).toEqual([{ kind: "busy", until: 1_490 }, []]);
  });
});
