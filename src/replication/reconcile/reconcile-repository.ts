import type { Digest } from "../../oci/digest.ts";
import type { TagListing } from "../../oci/tag-listing.ts";
import { requestCopies } from "./request-copies.ts";
import type { RequestContext } from "./request-copies.ts";
import { missingAttachments } from "./missing-attachments.ts";
import type { UnmatchedImages } from "./missing-attachments.ts";
import type { RepositoryTarget, Selection } from "./repository-target.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import { referenceOf, subjectOf } from "./source-catalog.ts";
import type { SourceCatalog, SourceImage } from "./source-catalog.ts";

export interface ReconcileContext extends Omit<RequestContext, "scope" | "destination" | "repository"> {
  readonly catalog: Pick<SourceCatalog, "tags">;
}

export interface Reconciled {
  /** Source images that the rules select for the destination; every tag counts. */
  readonly wanted: number;
  /** Images that differ at the destination, and attachments that are missing there. */
  readonly different: number;
  /** Differences that were requested now; the others are being copied, or were requested before. */
  readonly asked: number;
  /** Requested differences whose push event was lost. */
  readonly missed: number;
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
  const wanted = open.selected.size;
  const { showsUntagged } = await removeEqual(open, place.target(signal));
  const different = [
    ...(await missing([...open.selected.values()], showsUntagged, place, signal)),
    ...(await missingAttachments(open, { ...place, ...selection, showsUntagged, now: context.now() }, signal)),
  ];
  const { repository, destination, scope } = place;
  return {
    wanted,
    different: different.length,
    ...(await requestCopies(different, { ...context, repository, destination, scope }, signal)),
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
): Promise<{ readonly showsUntagged: boolean }> {
  let showsUntagged = false;
  for await (const { tag, digest } of target) {
    if (tag === undefined) showsUntagged = true;
    for (const open of [selected, attached]) {
      if (tag !== undefined && open.get(tag)?.digest === digest) open.delete(tag);
      // The target has the manifest, under this tag or another.
      open.delete(digest);
    }
  }
  return { showsUntagged };
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
