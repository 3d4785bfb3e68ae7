import type { Digest } from "../../oci/digest.ts";
import type { ManifestSource } from "../../oci/image-source.ts";
import type { ImageTarget } from "../../oci/image-target.ts";
import type { Tag } from "../../oci/reference.ts";
import type { Receipt } from "../outcome/receipt.ts";
import type { Change, RecordStore } from "../state/record-store.ts";
import { claimTag, holdsLease, renewTag, tagKey } from "../state/tag-record.ts";
import type { TagLease, TagRecord } from "../state/tag-record.ts";
import { isDigest } from "../../oci/digest.ts";
import { isSame, MAX_KEPT, newDeletionRecord } from "./deletion-record.ts";
import type { DeletionRecord } from "./deletion-record.ts";

export interface UndeletePorts {
  readonly tags: RecordStore<TagRecord>;
  readonly deletions: RecordStore<DeletionRecord>;
  /** The newest receipts of a tag, newest first. */
  readonly receipts: (key: string) => Promise<readonly Receipt[]>;
  /** The repository at the target. */
  readonly target: Pick<ImageTarget, "resolve" | "putManifest"> & Pick<ManifestSource, "fetchManifest">;
  readonly now: () => number;
  readonly owner: string;
  readonly leaseMs: number;
}

export type Undeleted =
  /** It had a tombstone, which is removed. */
  | { readonly kind: "kept"; readonly digest: Digest }
  /** It was deleted, and is there again. */
  | { readonly kind: "restored"; readonly digest: Digest }
  /** Nothing was to be done: it has no tombstone, and was not deleted, or is there. */
  | { readonly kind: "unknown" }
  | { readonly kind: "present"; readonly digest: Digest }
  /** The target has removed the image. */
  | { readonly kind: "lost"; readonly digest: Digest }
  /** A copy or a deletion works on the tag until then; epoch milliseconds. */
  | { readonly kind: "busy"; readonly until: number };

/**
 * Undoes a deletion: removes the tombstone of a tag, or puts a deleted tag again, under its lease, if the target still has the image. The
 * tag then stays until it is at the source again, or names another image.
 */
export async function undelete(tag: Tag, scope: string, ports: UndeletePorts, signal: AbortSignal): Promise<Undeleted> {
  const { tags, deletions, target, now, owner, leaseMs } = ports;
  const cancelled = await deletions.update(scope, (record) => cancelTombstone(record, tag), signal);
  const found = await target.resolve(tag, signal);
  if (cancelled !== undefined && found !== undefined) return { kind: "kept", digest: cancelled };
  const key = tagKey(scope, tag);
  const digest = (await ports.receipts(key)).map(deletedDigest).find((each) => each !== undefined) ?? cancelled;
  if (found !== undefined) return { kind: "present", digest: found.digest };
  if (digest === undefined) return { kind: "unknown" };
  const manifest = await target.fetchManifest({ digest }, signal);
  if (manifest === undefined) return { kind: "lost", digest };
  const claim = { key, message: `undelete ${owner}`, owner, pushedAt: 0, leaseMs };
  const claimed = await tags.update(key, (record) => claimTag(record, { ...claim, now: now() }), signal);
  if (claimed.kind === "busy") return { kind: "busy", until: claimed.until };
  const { lease } = claimed;
  await deletions.update(scope, (record) => keepTag(record, { tag, digest, listedBy: now() + leaseMs }), signal);
  const put = { digest, at: now() };
  const announced = { until: now() + leaseMs, progress: undefined, finished: 0, put };
  await tags.update(key, (record) => renewTag(record, lease, announced), signal);
  await target.putManifest(manifest, tag, signal);
  await tags.update(key, (record) => releaseRestored(record, lease, { digest, at: now() }), signal);
  return { kind: "restored", digest };
}

function deletedDigest(receipt: Receipt): Digest | undefined {
  const { outcome, digest = "" } = receipt;
  return outcome === "deleted" && isDigest(digest) ? digest : undefined;
}

/** Removes the tombstone of a tag, and keeps the tag. Answers with the digest that it names. */
function cancelTombstone(record: DeletionRecord | undefined, tag: Tag): Change<DeletionRecord, Digest | undefined> {
  const found = record?.tombstones.find((each) => each.tag === tag);
  if (record === undefined || found === undefined) return { answer: undefined };
  const tombstones = record.tombstones.filter((each) => each !== found);
  return {
    next: { ...record, tombstones, kept: withKept(record, { tag, digest: found.digest }) },
    answer: found.digest,
  };
}

type Kept = DeletionRecord["kept"][number];

function keepTag(record: DeletionRecord | undefined, kept: Kept): Change<DeletionRecord, void> {
  const known = record ?? newDeletionRecord("");
  return { next: { ...known, kept: withKept(known, kept) }, answer: undefined };
}

function withKept({ kept }: DeletionRecord, added: Kept): DeletionRecord["kept"] {
  return [...kept.filter((each) => !isSame(each, added)), added].slice(-MAX_KEPT);
}

function releaseRestored(
  record: TagRecord | undefined,
  lease: TagLease,
  replicated: TagRecord["replicated"],
): Change<TagRecord, void> {
  if (record === undefined || !holdsLease(record, lease)) return { answer: undefined };
  const { lease: _over, ...rest } = record;
  return { next: { ...rest, replicated, last: { outcome: "replicated" } }, answer: undefined };
}
