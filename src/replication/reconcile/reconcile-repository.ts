import { sizesOf } from "../backfill/backfill-policy.ts";
import type { LeftOutImages } from "../backfill/backfill-record.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Tag } from "../../oci/reference.ts";
import type { TagListing } from "../../oci/tag-listing.ts";
import { isSettled } from "../conflict/settled-conflict.ts";
import { requestCopies } from "./request-copies.ts";
import type { RequestContext } from "./request-copies.ts";
import { missingAttachments } from "./missing-attachments.ts";
import type { UnmatchedImages } from "./missing-attachments.ts";
import type { RepositoryTarget, Selection } from "./repository-target.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import { referenceOf, subjectOf } from "./source-catalog.ts";
import { copiedSubsets } from "./platform-subsets.ts";
import type { SourceCatalog, SourceImage } from "./source-catalog.ts";

export interface ReconcileContext extends Omit<
  RequestContext,
  "scope" | "destination" | "repository" | "attachedAt" | "isDecided" | "backfill" | "bytesOf"
> {
  readonly catalog: Pick<SourceCatalog, "tags">;
}

export interface Reconciled {
  /** Source images that the rules select for the destination; every tag counts. */
  readonly wanted: number;
  /** Images that differ at the destination, and attachments that are missing there. A conflict that a copy has decided does not count. */
  readonly different: number;
  /** Differences that were requested now; the others are being copied, or were requested before. */
  readonly asked: number;
  /** Requested differences whose push event was lost. */
  readonly missed: number;
  /** Differences that the backfill policy left out. */
  readonly leftOut: LeftOutImages;
  /** What both sides list, if the target asks to keep it. */
  readonly listings?: BothListings | undefined;
}

export interface BothListings {
  readonly images: readonly SourceImage[];
  /** The tags of the target. */
  readonly target: ReadonlyMap<Tag, Digest>;
}

/** Concurrent HEAD requests to the target. */
const CONCURRENT_CHECKS = 16;

/**
 * Compares one repository at source and target and requests copies of what differs: selected images and their attachments,
 * whatever the tags of those. Each difference is requested once: its request stays in the queue until it has ended, however
 * long the destination is unavailable.
 */
export async function reconcileRepository(
  place: RepositoryTarget,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<Reconciled> {
  const images = await Array.fromAsync(context.catalog.tags(place.repository, signal));
  const selection = place.select(images);
  const open = unmatchedImages(images, selection);
  const selected = [...open.selected.values()];
  const tags = place.keepsListings ? new Map<Tag, Digest>() : undefined;
  const { showsUntagged, listed } = await removeEqual(open, place.target(signal), tags);
  const { scope } = place;
  const subsets = { listed, scope, tags: context.tags, platformsOf: selection.platformsOf };
  removeSubsets(open, selected, await copiedSubsets([...open.selected.values()], subsets, signal));
  const absent = await missing([...open.selected.values()], showsUntagged, place, signal);
  const different = [
    ...absent,
    ...(await missingAttachments(open, { ...place, ...selection, showsUntagged, now: context.now() }, signal)),
  ];
  const { repository, destination, backfill } = place;
  const isDecided: RequestContext["isDecided"] = ({ tag, ...image }, conflict) =>
    tag !== undefined &&
    isSettled(conflict, {
      tag,
      digest: image.digest,
      atTarget: listed,
      now: context.now(),
      policies: selection.conflictPolicies({ tag, ...image }),
    });
  const bytesOf = createSizes(images, absent);
  const attachedAt = attachedTimes(images);
  const requests = { ...context, repository, destination, scope, isDecided, attachedAt, backfill, bytesOf };
  const { asked, missed, decided, leftOut } = await requestCopies(different, requests, signal);
  return {
    wanted: selected.length,
    different: different.length - decided,
    asked,
    missed,
    leftOut,
    listings: tags && { images, target: tags },
  };
}

function attachedTimes(images: readonly SourceImage[]): (digest: Digest) => number {
  const times = new Map<Digest, number>();
  for (const image of images) {
    const subject = subjectOf(image);
    if (subject !== undefined) times.set(subject, Math.max(times.get(subject) ?? 0, image.pushedAt));
  }
  return (digest) => times.get(digest) ?? 0;
}

/** Sizes of the images that may be a backfill; undefined for attachments, which follow an image that the target has. */
function createSizes(images: readonly SourceImage[], absent: readonly SourceImage[]): RequestContext["bytesOf"] {
  const own = new Set(absent);
  let sizes: ReturnType<typeof sizesOf> | undefined;
  return (image) => {
    if (!own.has(image)) return undefined;
    sizes ??= sizesOf(images);
    return sizes(image);
  };
}

function unmatchedImages(images: readonly SourceImage[], { wants }: Selection): UnmatchedImages {
  const selected: UnmatchedImages["selected"] = new Map();
  const attached: UnmatchedImages["attached"] = new Map();
  const selectedDigests = new Map<Digest, SourceImage>();
  const others = new Set<Digest>();
  for (const image of images) {
    const reference = referenceOf(image);
    if (wants(image)) {
      selected.set(reference, image);
      selectedDigests.set(image.digest, image);
    } else if (subjectOf(image) !== undefined) attached.set(reference, image);
    else if (image.tag !== undefined) others.add(image.digest);
  }
  return { selected, attached, selectedDigests, otherDigests: others };
}

async function removeEqual(
  { selected, attached }: UnmatchedImages,
  target: ReturnType<TagListing>,
  tags: Map<Tag, Digest> | undefined,
): Promise<{ readonly showsUntagged: boolean; readonly listed: ReadonlyMap<Tag, Digest> }> {
  let showsUntagged = false;
  const listed = new Map<Tag, Digest>();
  for await (const { tag, digest } of target) {
    if (tag === undefined) showsUntagged = true;
    else {
      tags?.set(tag, digest);
      if (selected.get(tag)?.digest !== digest) listed.set(tag, digest);
    }
    for (const open of [selected, attached]) {
      if (tag !== undefined && open.get(tag)?.digest === digest) open.delete(tag);
      // The target has the manifest, under this tag or another.
      open.delete(digest);
    }
  }
  return { showsUntagged, listed };
}

/** Nothing can be attached to an index that the target has only as another one, unless another tag names the whole. */
function removeSubsets(
  { selected, selectedDigests, otherDigests }: UnmatchedImages,
  all: readonly SourceImage[],
  copied: ReadonlySet<SourceImage>,
): void {
  if (copied.size === 0) return;
  const whole = new Map(all.filter((image) => !copied.has(image)).map((image) => [image.digest, image]));
  for (const image of copied) {
    selected.delete(referenceOf(image));
    const other = whole.get(image.digest);
    if (other !== undefined) selectedDigests.set(image.digest, other);
    else if (selectedDigests.delete(image.digest)) otherDigests.add(image.digest);
  }
}

/** The selected images that the target lacks. Manifests without a tag need a HEAD request each, unless the listing includes them. */
async function missing(
  open: readonly SourceImage[],
  showsUntagged: boolean,
  { hasManifest }: RepositoryTarget,
  signal: AbortSignal,
): Promise<SourceImage[]> {
  const isOpen = ({ tag }: SourceImage): boolean => tag !== undefined || showsUntagged;
  const unseen = open.filter((image) => !isOpen(image));
  const held = await concurrently(
    unseen,
    CONCURRENT_CHECKS,
    ({ digest }, working) => hasManifest(digest, working),
    signal,
  );
  return [...open.filter(isOpen), ...unseen.filter((_, index) => held[index] !== true)];
}
