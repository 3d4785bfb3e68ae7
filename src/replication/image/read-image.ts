import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ImageSource, ManifestWanted } from "../../oci/image-source.ts";
import { successors } from "../../oci/manifest.ts";
import { isNonDistributable } from "../../oci/media-type.ts";
import { linkAbort } from "../../async/linked-abort.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import { ignoreRejectionUntilAwaited } from "../../async/late-rejection.ts";
import type { LeftOut } from "../outcome/left-out.ts";
import { ATTACHED_LIMITS, createManifestBudget, IMAGE_LIMITS } from "./manifest-budget.ts";
import type { ManifestBudget } from "./manifest-budget.ts";
import { readReferrers } from "./read-referrers.ts";
import type { Listings } from "./read-referrers.ts";
import { createSemaphore } from "../../async/semaphore.ts";

import { MissingContentError } from "./image-tree.ts";
import type { ImageNode, ImageTree } from "./image-tree.ts";

/** Advice for an index whose children are not all at the source. */
const SPARSE_ADVICE =
  ", which the index names; copy one platform (--platform), or keep the index as it is (--sparse keep, or sparseIndexes: keep in the configuration)";
/** Concurrent reads, over all levels. */
const CONCURRENT_MANIFESTS = 16;

export interface ReadImage {
  readonly source: ImageSource;
  /** Read referrers, too. */
  readonly referrers: boolean;
  /** An index of which the source lacks children: fail, or keep the index as it is (fault R23). */
  readonly sparse: "fail" | "keep";
  /** Layers of a non-distributable media type: leave them out, or copy those that the source has. */
  readonly foreignLayers?: "leave" | "copy" | undefined;
  /** Children of indexes that are not read, with all that is attached to them. */
  readonly excluded?: ReadonlySet<Digest> | undefined;
}

/**
 * Reads every manifest of an image once, level by level.
 * @throws {MissingContentError} when the source lacks one. @throws {FormatError} when one is malformed or the image too large.
 */
export async function readImage(root: ManifestWanted, image: ReadImage, signal: AbortSignal): Promise<ImageTree> {
  const listings: Listings = new Map();
  using reading = linkAbort(signal);
  const leftOut: LeftOut[] = [];
  const read = createReader(image, { listings, leftOut }, reading.signal);
  try {
    const node = await read.image(root);
    if (node === undefined) throw new MissingContentError([root.digest]);
    const attached = await readReferrers(listings, read.attached, leftOut, reading.signal);
    return { root: node, referrers: attached, leftOut };
  } catch (error) {
    reading.abort(error);
    // No listing may continue after this call has returned.
    await Promise.allSettled(listings.values());
    throw error;
  }
}

/** Reads each manifest once; undefined when the source does not have it. */
interface Reader {
  readonly image: (root: ManifestWanted) => Promise<ImageNode | undefined>;
  readonly attached: (digest: Digest) => Promise<ImageNode | undefined>;
}

/** Collected while manifests are read. */
interface Found {
  readonly listings: Listings;
  readonly leftOut: LeftOut[];
}

function createReader(image: ReadImage, { listings, leftOut }: Found, signal: AbortSignal): Reader {
  const { source, referrers, sparse } = image;
  const nodes = new Map<Digest, Promise<ImageNode | undefined>>();
  const reads = createSemaphore(CONCURRENT_MANIFESTS);
  async function readNode(wanted: ManifestWanted, depth: number, budget: ManifestBudget) {
    const manifest = await reads.run(() => source.fetchManifest(wanted, signal));
    if (manifest === undefined) return undefined;
    const found = successors(manifest.bytes, manifest.mediaType);
    const unnamedBytes = Math.max(manifest.bytes.byteLength - (wanted.size ?? 0), 0);
    budget.afterRead({ unnamedBytes, manifests: found.manifests, blobs: found.blobs.length });
    const readChild = (child: ManifestWanted) => read(child, depth + 1, budget);
    const named = found.manifests.filter(({ digest }) => image.excluded?.has(digest) !== true);
    const children = await concurrently(named, CONCURRENT_MANIFESTS, readChild, signal);
    const missing = named.filter((_, index) => children[index] === undefined);
    noteMissing(missing, sparse, leftOut);
    const blobs = await withoutForeignLayers(found.blobs, image, leftOut, signal);
    return { manifest, children: children.filter(isPresent), blobs, successors: found };
  }
  function read(wanted: ManifestWanted, depth: number, budget: ManifestBudget): Promise<ImageNode | undefined> {
    const { digest } = wanted;
    const known = nodes.get(digest);
    if (known !== undefined) return known;
    budget.beforeRead(digest, wanted.size, depth);
    const node = ignoreRejectionUntilAwaited(readNode(wanted, depth, budget));
    nodes.set(digest, node);
    if (referrers) listings.set(digest, ignoreRejectionUntilAwaited(source.listReferrers(digest, signal)));
    return node;
  }
  const own = createManifestBudget(IMAGE_LIMITS);
  const others = createManifestBudget(ATTACHED_LIMITS);
  return {
    image: (root) => read(root, 0, own),
    // Async, so that an exceeded limit rejects instead of throwing: only this attachment is left out.
    attached: async (digest) => read({ digest }, 1, others),
  };
}

function noteMissing(missing: readonly Descriptor[], sparse: ReadImage["sparse"], leftOut: LeftOut[]): void {
  if (missing.length === 0) return;
  const digests = missing.map(({ digest }) => digest);
  if (sparse === "fail") throw new MissingContentError(digests, SPARSE_ADVICE);
  const problem = "the index names it, and the source does not have it";
  leftOut.push(...digests.map((digest) => ({ kind: "platform", digest, problem }) as const));
}

/**
 * Leaves out non-distributable layers, unless they are requested and the source has them. The URLs of a layer are never fetched
 * (CVE-2020-15157): they are only alternative locations (image-spec, descriptor.md).
 */
async function withoutForeignLayers(
  blobs: readonly Descriptor[],
  { source, foreignLayers = "leave" }: ReadImage,
  leftOut: LeftOut[],
  signal: AbortSignal,
): Promise<Descriptor[]> {
  const kept: Descriptor[] = [];
  for (const blob of blobs) {
    const isForeign = isNonDistributable(blob.mediaType);
    if (!isForeign || (foreignLayers === "copy" && (await source.hasBlob(blob, signal)))) kept.push(blob);
    else leftOut.push({ kind: "layer", digest: blob.digest, problem: FOREIGN_PROBLEM[foreignLayers] });
  }
  return kept;
}

const FOREIGN_PROBLEM = {
  leave: "its media type is non-distributable; --foreign-layers copy copies it if the source has it",
  copy: "its media type is non-distributable, and the source does not have it",
} as const;

function isPresent<T>(item: T | undefined): item is T {
  return item !== undefined;
}
