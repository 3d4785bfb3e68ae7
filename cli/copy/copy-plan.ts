import type { Descriptor } from "../../src/oci/descriptor.ts";
import type { Digest } from "../../src/oci/digest.ts";
import type { ImageTarget } from "../../src/oci/image-target.ts";
import type { Manifest } from "../../src/oci/manifest.ts";
import type { RepositoryName, Tag } from "../../src/oci/reference.ts";
import { concurrently } from "../../src/async/run-concurrently.ts";
import type { LeftOut } from "../../src/replication/outcome/left-out.ts";
import { lookFor } from "../../src/replication/image/look-for.ts";
import { blobsOf } from "../../src/replication/image/image-tree.ts";
import type { ImageNode } from "../../src/replication/image/image-tree.ts";
import type { NamedImage } from "./image-and-companions.ts";
import { orderManifests } from "./manifest-order.ts";

/** A blob that the target does not have: sent, or asked for in another repository of the registry, and sent if it is not granted. */
export interface PlannedBlob {
  readonly descriptor: Descriptor;
  readonly mountFrom: RepositoryName | undefined;
}

/** A manifest that is put, under its tag or its digest. */
export interface PlannedPut {
  readonly manifest: Manifest;
  readonly reference: Tag | Digest;
}

/** All that a copy writes. A dry run shows it, a copy carries it out, and neither does anything else to the target. */
export interface CopyPlan {
  /** The biggest first: the longest upload decides when the copy ends. */
  readonly blobs: readonly PlannedBlob[];
  /** One wave after the other; what is in one can be put at once. The image's own tag is the last. */
  readonly batches: readonly (readonly PlannedPut[])[];
  /** Blobs and manifests of the image that need not be sent. */
  readonly present: { readonly blobs: number; readonly manifests: number };
  /** What the source names, and the target is not to get. */
  readonly leftOut: readonly LeftOut[];
}

export interface PlanOptions {
  readonly target: Pick<ImageTarget, "resolve" | "hasBlob">;
  /** The source's repository, if it is in the target's registry. */
  readonly mountFrom: RepositoryName | undefined;
  /** Content of the target that need not be asked for. */
  readonly known: KnownDigests;
  /** The target has denied having what it said it had: it is not asked again, and gets everything. */
  readonly isDoubted: boolean;
}

/** Digests of what a repository has, as far as we have seen or brought it. */
export type KnownDigests = Set<Digest>;

const CONCURRENT_QUESTIONS = 32;

/**
 * Compares images with what the target has, and says what is missing. A repository that has a manifest has its blobs: registries take
 * none without (distribution-spec, "Pushing Manifests"). The children of an index are asked for, since it may have been
 * put without them.
 */
export async function planCopy(
  images: readonly NamedImage[],
  options: PlanOptions,
  signal: AbortSignal,
): Promise<CopyPlan> {
  const { target, known, mountFrom, isDoubted } = options;
  const named = await concurrently(
    images,
    CONCURRENT_QUESTIONS,
    async ({ reference, tree }, working) =>
      !isDoubted && (await lookFor(target, reference, working))?.digest === tree.root.manifest.digest,
    signal,
  );
  images.forEach(({ tree }, index) => named[index] === true && known.add(tree.root.manifest.digest));
  const { absent, count } = await findAbsentManifests(images, options, signal);
  const { missing, present } = await findMissingBlobs(images, absent, options, signal);
  const unnamed = images.filter((_, index) => named[index] !== true);
  return {
    blobs: missing.map((descriptor) => ({ descriptor, mountFrom: isDoubted ? undefined : mountFrom })),
    batches: orderManifests(images, unnamed, absent),
    present: { blobs: present, manifests: count - absent.size },
    leftOut: images.flatMap(({ tree }) => tree.leftOut),
  };
}

/** What is there once a plan has been carried out. */
export function rememberContent(plan: CopyPlan, known: KnownDigests): void {
  for (const { descriptor } of plan.blobs) known.add(descriptor.digest);
  for (const { manifest } of plan.batches.flat()) known.add(manifest.digest);
}

/** Level by level, from what others point to down to what it points to. */
async function findAbsentManifests(
  images: readonly NamedImage[],
  { target, known, isDoubted }: PlanOptions,
  signal: AbortSignal,
): Promise<{ readonly absent: ReadonlyMap<Digest, ImageNode>; readonly count: number }> {
  const seen = new Set<Digest>();
  const absent = new Map<Digest, ImageNode>();
  const isThere = async ({ manifest: { digest } }: ImageNode, working: AbortSignal): Promise<boolean> =>
    !isDoubted && (known.has(digest) || (await lookFor(target, digest, working)) !== undefined);
  let level = images.flatMap(({ tree }) => [tree.root, ...tree.referrers]);
  while (level.length > 0) {
    const fresh = level.filter(({ manifest: { digest } }) => !seen.has(digest) && seen.add(digest));
    const there = await concurrently(fresh, CONCURRENT_QUESTIONS, isThere, signal);
    fresh.forEach((node, index) => {
      if (there[index] === true) known.add(node.manifest.digest);
      else absent.set(node.manifest.digest, node);
    });
    level = fresh.flatMap(({ children }) => children);
  }
  return { absent, count: seen.size };
}

async function findMissingBlobs(
  images: readonly NamedImage[],
  absent: ReadonlyMap<Digest, ImageNode>,
  { target, known, isDoubted }: PlanOptions,
  signal: AbortSignal,
): Promise<{ readonly missing: readonly Descriptor[]; readonly present: number }> {
  const wanted = new Map<Digest, Descriptor>();
  for (const { blobs } of absent.values()) for (const blob of blobs) wanted.set(blob.digest, blob);
  const isThere = async (blob: Descriptor, working: AbortSignal): Promise<boolean> =>
    !isDoubted && (known.has(blob.digest) || (await target.hasBlob(blob, working)));
  const asked = [...wanted.values()];
  const there = await concurrently(asked, CONCURRENT_QUESTIONS, isThere, signal);
  asked.forEach(({ digest }, index) => there[index] === true && known.add(digest));
  const missing = asked.filter((_, index) => there[index] !== true).toSorted((a, b) => b.size - a.size);
  const all = new Set(images.flatMap(({ tree }) => blobsOf(tree).map(({ digest }) => digest)));
  return { missing, present: all.size - missing.length };
}
