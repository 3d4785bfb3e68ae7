import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";
import type { TagListing } from "../../oci/tag-listing.ts";
import { requestCopies } from "./request-copies.ts";
import type { RequestContext } from "./request-copies.ts";
import { missingAttachments } from "./missing-attachments.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import { referenceOf, subjectOf } from "./source-catalog.ts";
import type { SourceCatalog, SourceImage } from "./source-catalog.ts";

/** One repository and where it goes. */
export interface RepositoryTarget {
  readonly repository: RepositoryName;
  readonly destination: string;
  /** Where records of its tags live, as in `CopyContext`. */
  readonly scope: string;
  readonly target: TagListing;
  /** Do the rules select this tag, or this digest without a tag, for the target? */
  readonly wants: (reference: Tag | Digest) => boolean;
  /** Would a request for what is attached to an image, by this name, be carried out at this target? */
  readonly attaches: (reference: Tag | Digest) => boolean;
  /** Does the target have the manifest? */
  readonly hasManifest: (digest: Digest, signal: AbortSignal) => Promise<boolean>;
}

export interface ReconcileContext extends Omit<RequestContext, "scope" | "destination" | "repository"> {
  readonly catalog: Pick<SourceCatalog, "tags">;
}

export interface Reconciled {
  /** Images of the source that the rules want at the destination, each tag counted. */
  readonly wanted: number;
  /** Those that differ there, and what is attached to them and absent there. */
  readonly different: number;
  /** Those of them that were asked for now; the others are being worked on, or were asked for before. */
  readonly asked: number;
  /** Those of them that an event should have asked for. */
  readonly missed: number;
}

/** Images of one repository at the source, by reference; those found equal at the target are taken out. */
export interface UnmatchedImages {
  /** What the rules select. */
  readonly selected: Map<Tag | Digest, SourceImage>;
  /** What the rules do not select, and is attached to something. */
  readonly attached: Map<Tag | Digest, SourceImage>;
  /** What the rules select, by digest, for looking up subjects; stays as it is. */
  readonly selectedDigests: ReadonlyMap<Digest, SourceImage>;
  /** Digests with tags that the rules do not select; stays as it is. */
  readonly otherDigests: ReadonlySet<Digest>;
}

/** Manifests asked for at once where a listing does not show them. */
const CONCURRENT_QUESTIONS = 16;

/**
 * Compares one repository at both ends and asks for what differs: what the rules select, and what is attached to it,
 * whatever its tag. Each difference is asked for once: its request stays in the queue until it has ended, however long
 * the destination is away.
 */
export async function reconcileRepository(
  place: RepositoryTarget,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<Reconciled> {
  const open = await readSource(place, context.catalog, signal);
  const wanted = open.selected.size;
  const { showsUntagged } = await takeOutEqual(open, place.target(signal));
  const different = [
    ...(await absent([...open.selected.values()], showsUntagged, place, signal)),
    ...(await missingAttachments(open, { ...place, showsUntagged, now: context.now() }, signal)),
  ];
  const { repository, destination, scope } = place;
  return {
    wanted,
    different: different.length,
    ...(await requestCopies(different, { ...context, repository, destination, scope }, signal)),
  };
}

async function readSource(
  { repository, wants }: RepositoryTarget,
  catalog: ReconcileContext["catalog"],
  signal: AbortSignal,
): Promise<UnmatchedImages> {
  const selected: UnmatchedImages["selected"] = new Map();
  const attached: UnmatchedImages["attached"] = new Map();
  const selectedDigests = new Map<Digest, SourceImage>();
  const others = new Set<Digest>();
  for await (const image of catalog.tags(repository, signal)) {
    const reference = referenceOf(image);
    if (wants(reference)) {
      selected.set(reference, image);
      selectedDigests.set(image.digest, image);
    } else if (subjectOf(image) !== undefined) attached.set(reference, image);
    else if (image.tag !== undefined) others.add(image.digest);
  }
  return { selected, attached, selectedDigests, otherDigests: others };
}

async function takeOutEqual(
  { selected, attached }: UnmatchedImages,
  target: ReturnType<TagListing>,
): Promise<{ readonly showsUntagged: boolean }> {
  let showsUntagged = false;
  for await (const { tag, digest } of target) {
    if (tag === undefined) showsUntagged = true;
    for (const open of [selected, attached]) {
      if (tag !== undefined && open.get(tag)?.digest === digest) open.delete(tag);
      // A manifest is there under whatever tag.
      open.delete(digest);
    }
  }
  return { showsUntagged };
}

/** What is selected and not at the target: manifests without a tag are asked for there unless its listing shows them. */
async function absent(
  open: readonly SourceImage[],
  showsUntagged: boolean,
  { hasManifest }: RepositoryTarget,
  signal: AbortSignal,
): Promise<SourceImage[]> {
  const isOpen = ({ tag }: SourceImage): boolean => tag !== undefined || showsUntagged;
  const unseen = open.filter((image) => !isOpen(image));
  const held = await concurrently(
    unseen,
    CONCURRENT_QUESTIONS,
    ({ digest }, working) => hasManifest(digest, working),
    signal,
  );
  return [...open.filter(isOpen), ...unseen.filter((_, index) => held[index] !== true)];
}
