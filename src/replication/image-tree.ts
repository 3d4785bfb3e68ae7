import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { ImageSource, ManifestWanted } from "../oci/image-source.ts";
import { successors } from "../oci/manifest.ts";
import type { Manifest } from "../oci/manifest.ts";
import { isNonDistributable } from "../oci/media-type.ts";
import { concurrently, unhurried } from "./concurrently.ts";
import { createManifestBudget } from "./manifest-budget.ts";
import { createSlots } from "./slots.ts";

/** A manifest with what it points to, and the manifests that must be put before it. */
export interface ImageNode {
  readonly manifest: Manifest;
  readonly children: readonly ImageNode[];
  readonly blobs: readonly Descriptor[];
}

/** An image as it is at the source: its root, and what is attached to it. */
export interface ImageTree {
  readonly root: ImageNode;
  /** Signatures, SBOMs, attestations: manifests whose subject is one of the image's, or another one of these. */
  readonly referrers: readonly ImageNode[];
}

/** The source has not (or no longer) what a manifest of it points to. */
export class MissingContentError extends Error {
  override readonly name = "MissingContentError";
  readonly digests: readonly Digest[];

  constructor(digests: readonly Digest[], advice = "") {
    const more = digests.length > DIGESTS_SHOWN ? ` and ${digests.length - DIGESTS_SHOWN} more` : "";
    super(`the source does not have ${digests.slice(0, DIGESTS_SHOWN).join(", ")}${more}${advice}`);
    this.digests = digests;
  }
}

/** Digests named in a message. */
const DIGESTS_SHOWN = 5;
/** The two ways out for an index whose children are not all there. */
const SPARSE_ADVICE =
  ", which the index names; copy one platform (--platform), or keep the index as it is (--sparse keep, or sparseIndexes: keep in the configuration)";
/** Manifests read at once, at all levels together. */
const CONCURRENT_MANIFESTS = 16;
/** Levels of what is attached to what is attached. */
const MAX_LEVELS = 8;

export interface ReadImage {
  readonly source: ImageSource;
  /** Also what is attached to the image. */
  readonly referrers: boolean;
  /** An index whose children are not all there: no image to copy, or one that is kept as it is (fault R23). */
  readonly sparse: "fail" | "keep";
}

/**
 * Reads every manifest of an image, level by level, each once.
 * @throws {MissingContentError} when one is not there. @throws {FormatError} when one is malformed or the image too large.
 */
export async function readImage(root: ManifestWanted, image: ReadImage, signal: AbortSignal): Promise<ImageTree> {
  const listings: Listings = new Map();
  const failed = new AbortController();
  const reading = AbortSignal.any([signal, failed.signal]);
  const read = createReader(image, listings, reading);
  try {
    const node = await read(root, 0);
    if (node === undefined) throw new MissingContentError([root.digest]);
    return { root: node, referrers: await readReferrers(listings, read, reading) };
  } catch (error) {
    failed.abort(error);
    // What was begun for an image ends with it.
    await Promise.allSettled(listings.values());
    throw error;
  }
}

/** Undefined when the source does not have it. */
type ReadNode = (wanted: ManifestWanted, depth: number) => Promise<ImageNode | undefined>;
/** What is attached to each manifest read so far; asked for as soon as its digest is known. */
type Listings = Map<Digest, Promise<readonly Descriptor[]>>;

function createReader({ source, referrers, sparse }: ReadImage, listings: Listings, signal: AbortSignal): ReadNode {
  const nodes = new Map<Digest, Promise<ImageNode | undefined>>();
  const budget = createManifestBudget();
  const slots = createSlots(CONCURRENT_MANIFESTS);
  async function readNode(wanted: ManifestWanted, depth: number): Promise<ImageNode | undefined> {
    const manifest = await slots.run(() => source.fetchManifest(wanted, signal));
    if (manifest === undefined) return undefined;
    const found = successors(manifest.bytes, manifest.mediaType);
    const unnamedBytes = Math.max(manifest.bytes.byteLength - (wanted.size ?? 0), 0);
    budget.hold({ unnamedBytes, manifests: found.manifests, blobs: found.blobs.length });
    const children = await concurrently(
      found.manifests,
      CONCURRENT_MANIFESTS,
      (child) => read(child, depth + 1),
      signal,
    );
    const missing = found.manifests.filter((_, index) => children[index] === undefined);
    if (missing.length > 0 && sparse === "fail") {
      throw new MissingContentError(
        missing.map(({ digest }) => digest),
        SPARSE_ADVICE,
      );
    }
    return { manifest, children: children.filter(isThere), blobs: found.blobs.filter(isCopied) };
  }
  function read(wanted: ManifestWanted, depth: number): Promise<ImageNode | undefined> {
    const { digest } = wanted;
    const known = nodes.get(digest);
    if (known !== undefined) return known;
    budget.enter(digest, wanted.size, depth);
    const node = readNode(wanted, depth);
    nodes.set(digest, node);
    if (referrers) listings.set(digest, unhurried(source.listReferrers(digest, signal)));
    return node;
  }
  return read;
}

/** Level by level: what is attached to the image's manifests, what is attached to that, and so on. */
async function readReferrers(listings: Listings, read: ReadNode, signal: AbortSignal): Promise<ImageNode[]> {
  const seen = new Set<Digest>(listings.keys());
  const found: ImageNode[] = [];
  let level = [...listings.values()];
  for (let depth = 0; level.length > 0 && depth < MAX_LEVELS; depth++) {
    const fresh = (await Promise.all(level)).flat().filter(({ digest }) => !seen.has(digest) && seen.add(digest));
    const nodes = await concurrently(fresh, CONCURRENT_MANIFESTS, ({ digest }) => read({ digest }, 1), signal);
    // What is listed and gone was taken back: nothing of the image is missing.
    found.push(...nodes.filter(isThere));
    level = fresh.flatMap(({ digest }) => listings.get(digest) ?? []);
  }
  return found;
}

function isThere<T>(item: T | undefined): item is T {
  return item !== undefined;
}

/**
 * Layers that live elsewhere by their type. The URLs that a layer names are never asked, of whatever type it is
 * (CVE-2020-15157): they are more places to have it from (image-spec, descriptor.md), and the source is the one.
 */
function isCopied({ mediaType }: Descriptor): boolean {
  return !isNonDistributable(mediaType);
}

/** Every blob of an image, each once, the biggest first: the longest upload decides when the copy ends. */
export function blobsOf(tree: ImageTree): Descriptor[] {
  const blobs = new Map<Digest, Descriptor>();
  for (const node of nodesOf(tree)) for (const blob of node.blobs) blobs.set(blob.digest, blob);
  return [...blobs.values()].toSorted((a, b) => b.size - a.size);
}

/** Every manifest of an image, each once, children before parents, the root's referrers last. */
export function nodesOf(tree: ImageTree): ImageNode[] {
  const nodes = new Map<Digest, ImageNode>();
  const visit = (node: ImageNode): void => {
    if (nodes.has(node.manifest.digest)) return;
    node.children.forEach(visit);
    nodes.set(node.manifest.digest, node);
  };
  [tree.root, ...tree.referrers].forEach(visit);
  return [...nodes.values()];
}
