import type { Descriptor } from "../../oci/descriptor.ts";
import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import type { LeftOut } from "../../replication/outcome/left-out.ts";
import { blobsOf, nodesOf } from "../../replication/image/image-tree.ts";
import type { ImageNode } from "../../replication/image/image-tree.ts";
import type { NamedImage } from "./image-and-companions.ts";
import { orderManifests } from "./manifest-order.ts";
import type { PlannedManifest } from "./manifest-order.ts";
import type { TargetRepository } from "./target-repository.ts";

/** A blob that the target lacks. It is sent; with `mountFrom`, only if the registry does not grant the mount. */
export interface PlannedBlob {
  readonly descriptor: Descriptor;
  readonly mountFrom: RepositoryName | undefined;
}

/** Everything that a copy writes to the target. A dry run prints it, a copy executes it; neither writes anything else. */
export interface CopyPlan {
  /** Largest first: the longest upload decides when the copy ends. */
  readonly blobs: readonly PlannedBlob[];
  /** Batches in order; manifests of one batch can be put concurrently. The image's own tag comes last. */
  readonly batches: readonly (readonly PlannedManifest[])[];
  /** How many blobs and manifests of the image the target already has. */
  readonly present: { readonly blobs: number; readonly manifests: number };
  /** Content that the source names and the copy omits. */
  readonly leftOut: readonly LeftOut[];
}

export interface PlanOptions {
  readonly target: TargetRepository;
  /** The source's repository, when both repositories are in the same registry. */
  readonly mountFrom: RepositoryName | undefined;
  /** What an image's own tag names at the target, if that was looked up before. */
  readonly current?: Promise<Digest | undefined> | undefined;
  /** The target has denied content that it had reported: plan to send everything, without checks. */
  readonly distrustTarget: boolean;
}

const CONCURRENT_CHECKS = 32;

/**
 * Compares images with the target and plans what is missing. A manifest at the target implies its blobs: a registry refuses a manifest
 * whose blobs it lacks (distribution-spec, "Pushing Manifests"). The children of an index are checked all the same, because some
 * registries accept an index without them.
 */
export async function planCopy(
  images: readonly NamedImage[],
  options: PlanOptions,
  signal: AbortSignal,
): Promise<CopyPlan> {
  const { target, mountFrom, distrustTarget } = options;
  if (distrustTarget) target.content.forget(images.flatMap(digestsOf));
  const check = (image: NamedImage, working: AbortSignal): Promise<boolean> =>
    isCurrent(image, image === images.at(-1) ? options.current : undefined, target, working);
  const current = distrustTarget ? [] : await concurrently(images, CONCURRENT_CHECKS, check, signal);
  const { absent, count } = await findAbsentManifests(images, options, signal);
  const { missing, presentCount } = await findMissingBlobs(images, absent, options, signal);
  const outdated = images.filter((_, index) => current[index] !== true);
  return {
    blobs: missing.map((descriptor) => ({ descriptor, mountFrom: distrustTarget ? undefined : mountFrom })),
    batches: orderManifests(images, outdated, absent),
    present: { blobs: presentCount, manifests: count - absent.size },
    leftOut: images.flatMap(({ tree }) => tree.leftOut),
  };
}

/** True when the target already has everything. */
export function isEmptyPlan({ blobs, batches }: CopyPlan): boolean {
  return blobs.length === 0 && batches.length === 0;
}

async function isCurrent(
  { reference, tree: { root } }: NamedImage,
  lookedUp: Promise<Digest | undefined> | undefined,
  target: TargetRepository,
  signal: AbortSignal,
): Promise<boolean> {
  if (isDigest(reference)) return target.hasManifest(root, signal);
  const { digest } = root.manifest;
  if ((await (lookedUp ?? target.lookUp(reference, signal))) !== digest) return false;
  target.content.confirm(digest);
  return true;
}

function digestsOf({ tree }: NamedImage): Digest[] {
  return nodesOf(tree).flatMap(({ manifest, blobs }) => [manifest.digest, ...blobs.map(({ digest }) => digest)]);
}

/** Checks manifests level by level, from the roots down. */
async function findAbsentManifests(
  images: readonly NamedImage[],
  { target, distrustTarget }: PlanOptions,
  signal: AbortSignal,
): Promise<{ readonly absent: ReadonlyMap<Digest, ImageNode>; readonly count: number }> {
  const seen = new Set<Digest>();
  const absent = new Map<Digest, ImageNode>();
  const isPresent = async (node: ImageNode, working: AbortSignal): Promise<boolean> =>
    !distrustTarget && target.hasManifest(node, working);
  let level = images.flatMap(({ tree }) => [tree.root, ...tree.referrers]);
  while (level.length > 0) {
    const fresh = level.filter(({ manifest: { digest } }) => !seen.has(digest) && seen.add(digest));
    const present = await concurrently(fresh, CONCURRENT_CHECKS, isPresent, signal);
    fresh.forEach((node, index) => present[index] === true || absent.set(node.manifest.digest, node));
    level = fresh.flatMap(({ children }) => children);
  }
  return { absent, count: seen.size };
}

async function findMissingBlobs(
  images: readonly NamedImage[],
  absent: ReadonlyMap<Digest, ImageNode>,
  { target, distrustTarget }: PlanOptions,
  signal: AbortSignal,
): Promise<{ readonly missing: readonly Descriptor[]; readonly presentCount: number }> {
  const wanted = new Map<Digest, Descriptor>();
  for (const { blobs } of absent.values()) for (const blob of blobs) wanted.set(blob.digest, blob);
  const isPresent = async (blob: Descriptor, working: AbortSignal): Promise<boolean> =>
    !distrustTarget && target.hasBlob(blob, working);
  const checked = [...wanted.values()];
  const present = await concurrently(checked, CONCURRENT_CHECKS, isPresent, signal);
  const missing = checked.filter((_, index) => present[index] !== true).toSorted((a, b) => b.size - a.size);
  const all = new Set(images.flatMap(({ tree }) => blobsOf(tree).map(({ digest }) => digest)));
  return { missing, presentCount: all.size - missing.length };
}
