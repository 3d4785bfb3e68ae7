import type { Digest } from "../../oci/digest.ts";
import type { Tag } from "../../oci/reference.ts";
import type { TagListing } from "../../oci/tag-listing.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import type { RecordStore } from "../state/record-store.ts";
import type { TagRecord } from "../state/tag-record.ts";
import { missingAttachments } from "./missing-attachments.ts";
import type { UnmatchedImages } from "./missing-attachments.ts";
import { copiedSubsets } from "./platform-subsets.ts";
import type { RepositoryTarget, Selection } from "./repository-target.ts";
import { referenceOf, subjectOf } from "./source-catalog.ts";
import type { SourceCatalog, SourceImage } from "./source-catalog.ts";

/** What a comparison of one repository reads. It writes nothing. */
export interface FindContext {
  readonly catalog: Pick<SourceCatalog, "tags">;
  readonly tags: Pick<RecordStore<TagRecord>, "read">;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** How one repository differs between source and target. */
export interface Differences {
  /** Everything that the source lists. */
  readonly images: readonly SourceImage[];
  readonly selection: Selection;
  /** Source images that the rules select for the destination; every tag counts. */
  readonly wanted: number;
  /** Selected images that the target lacks or has under another digest. */
  readonly absent: readonly SourceImage[];
  /** These, and attachments that are missing although their image is there. */
  readonly different: readonly SourceImage[];
  /** The tags of the target that are not equal to the source's. */
  readonly listed: ReadonlyMap<Tag, Digest>;
  /** All tags of the target, if it asks to keep them. */
  readonly target: ReadonlyMap<Tag, Digest> | undefined;
}

/** Concurrent HEAD requests to the target. */
const CONCURRENT_CHECKS = 16;

/** Lists one repository at source and target, and finds what differs: selected images and their attachments, whatever the tags of those. */
export async function findDifferences(
  place: RepositoryTarget,
  context: FindContext,
  signal: AbortSignal,
): Promise<Differences> {
  const images = await Array.fromAsync(context.catalog.tags(place.repository, signal));
  const selection = place.select(images);
  const open = unmatchedImages(images, selection);
  const selected = [...open.selected.values()];
  const target = place.keepsListings ? new Map<Tag, Digest>() : undefined;
  const { showsUntagged, listed } = await removeEqual(open, place.target(signal), target);
  const { scope } = place;
  const subsets = { listed, scope, tags: context.tags, platformsOf: selection.platformsOf };
  removeSubsets(open, selected, await copiedSubsets([...open.selected.values()], subsets, signal));
  const absent = await missing([...open.selected.values()], showsUntagged, place, signal);
  const attached = await missingAttachments(
    open,
    { ...place, ...selection, showsUntagged, now: context.now() },
    signal,
  );
  return { images, selection, wanted: selected.length, absent, different: [...absent, ...attached], listed, target };
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
    ({ digest }, working) => hasManifest({ digest }, working),
    signal,
  );
  return [...open.filter(isOpen), ...unseen.filter((_, index) => held[index] !== true)];
}
