import type { Descriptor } from "../../oci/descriptor.ts";
import type { ManifestWanted } from "../../oci/image-source.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Tag } from "../../oci/reference.ts";
import { isContentMissing } from "../../oci/errors/registry-error.ts";
import { completeContent, contentKey, forgetContent } from "../state/checkpoint.ts";
import { findCosignTags } from "../image/find-cosign-tags.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import { ignoreRejectionUntilAwaited } from "../../async/late-rejection.ts";
import { copyBlob } from "./copy-blob.ts";
import { HeldByLongLaneError } from "./upload-claims.ts";
import type { CopyContext } from "./copy-context.ts";
import { blobsOf, nodesOf, readImage } from "../image/image-tree.ts";
import type { ImageNode, ImageTree } from "../image/image-tree.ts";
import { refusedAttachment } from "../outcome/left-out.ts";
import type { LeftOut } from "../outcome/left-out.ts";
import { emptyStatistics } from "../outcome/copy-statistics.ts";
import type { CopyStatistics } from "../outcome/copy-statistics.ts";

/** Everything under a manifest is at the target: only the manifest itself is left to put, under its tag. */
export interface CopiedImage {
  readonly manifest: Manifest;
  readonly statistics: CopyStatistics;
  /** Cosign tags of the image's manifests, at the source. */
  readonly companions: readonly Tag[];
  /** What the source names, and the target does not get. */
  readonly leftOut: readonly LeftOut[];
  /** Takes back every checkpoint of the image: the registry denied having something of it. */
  readonly forget: () => Promise<void>;
}

/** Claims handled at once; what is sent at once is bounded by the context's `streams`. */
const CONCURRENT = 128;
const CONCURRENT_MANIFESTS = 16;

/**
 * Copies an image, children first: blobs (the biggest first), then manifests by digest, each after what it points to.
 * What is attached to the image comes with it. The root is left to the caller, to be put last, under its tag.
 * @throws {RegistryError} of either side. @throws {MissingContentError} @throws {FormatError}
 */
export async function copyImage(root: ManifestWanted, context: CopyContext, signal: AbortSignal): Promise<CopiedImage> {
  const tree = await readImage(root, context, signal);
  const blobs = blobsOf(tree);
  const nodes = nodesOf(tree);
  context.observe?.({ kind: "planned", manifests: nodes.length, blobs });
  const statistics = emptyStatistics();
  const leftOut = [...tree.leftOut];
  // Runs while the blobs are sent.
  const failed = new AbortController();
  const companions = ignoreRejectionUntilAwaited(companionsOf(tree, context, AbortSignal.any([signal, failed.signal])));
  const forget = (): Promise<void> => forgetAll([...blobs, ...nodes.map(({ manifest }) => manifest)], context, signal);
  try {
    await copyBlobs(blobs, context, statistics, signal);
    leftOut.push(...(await putBelow(tree, context, statistics, signal)));
  } catch (error) {
    // The copies of companions end with the image's.
    failed.abort(error);
    await companions.catch(() => undefined);
    if (isContentMissing(error)) await forget();
    // The upload that ran out of time explains the failure better than the uploads that were aborted with it.
    throw context.line?.timeExceeded() ?? error;
  }
  return { manifest: tree.root.manifest, statistics, companions: await companions, leftOut, forget };
}

/** Signatures, attestations and SBOMs of everything that is copied, referrers included. */
function companionsOf(
  tree: ImageTree,
  { referrers, companions = true, source }: CopyContext,
  signal: AbortSignal,
): Promise<Tag[]> {
  if (!referrers || !companions) return Promise.resolve([]);
  const digests = nodesOf(tree).map(({ manifest }) => manifest.digest);
  return findCosignTags(digests, source, signal);
}

async function copyBlobs(
  blobs: readonly Descriptor[],
  context: CopyContext,
  statistics: CopyStatistics,
  signal: AbortSignal,
): Promise<void> {
  let held: HeldByLongLaneError | undefined;
  const copy = async (blob: Descriptor, working: AbortSignal): Promise<void> => {
    const how = await copyBlob(blob, context, working);
    count(statistics, blob, how);
    context.observe?.({ kind: "blob-done", blob, how });
  };
  const copyUnlessHeld = (blob: Descriptor, working: AbortSignal): Promise<void> =>
    copy(blob, working).catch((error: unknown) => {
      if (!(error instanceof HeldByLongLaneError)) throw error;
      held = error;
    });
  await concurrently(blobs, CONCURRENT, copyUnlessHeld, signal);
  // Only now: the other blobs arrive meanwhile.
  if (held !== undefined) throw held;
}

function count(statistics: CopyStatistics, blob: Descriptor, how: "uploaded" | "mounted" | "present"): void {
  if (how === "present") statistics.blobsPresent++;
  if (how === "mounted") statistics.blobsMounted++;
  if (how === "uploaded") {
    statistics.blobsUploaded++;
    statistics.bytesUploaded += blob.size;
  }
}

/** Puts every manifest but the root: the children of each before itself, siblings side by side. */
async function putBelow(
  tree: ImageTree,
  context: CopyContext,
  statistics: CopyStatistics,
  signal: AbortSignal,
): Promise<LeftOut[]> {
  const put = new Map<Digest, Promise<void>>();
  const putNode = (node: ImageNode, working: AbortSignal): Promise<void> => {
    const { digest } = node.manifest;
    const pending = put.get(digest) ?? putAfterChildren(node, working);
    put.set(digest, pending);
    return pending;
  };
  async function putAfterChildren(node: ImageNode, working: AbortSignal): Promise<void> {
    await concurrently(node.children, CONCURRENT_MANIFESTS, putNode, working);
    if (await putOnce(node.manifest, context, working)) statistics.manifests++;
  }
  const putReferrer = (node: ImageNode, working: AbortSignal): Promise<void> =>
    putNode(node, working).catch(
      (error: unknown) =>
        void refused.push(refusedAttachment({ manifest: node.manifest, reference: node.manifest.digest }, error)),
    );
  const refused: LeftOut[] = [];
  await concurrently(tree.root.children, CONCURRENT_MANIFESTS, putNode, signal);
  await concurrently(tree.referrers, CONCURRENT_MANIFESTS, putReferrer, signal);
  return refused;
}

/** Puts a manifest by its digest, unless a checkpoint says it is there. Twice is harmless: the same bytes, the same digest. */
async function putOnce(manifest: Manifest, context: CopyContext, signal: AbortSignal): Promise<boolean> {
  const key = contentKey(context.scope, manifest.digest);
  const known = await context.checkpoints.read(key, signal);
  if (known?.state === "present" && context.presence === "ask") return false;
  await context.target.putManifest(manifest, manifest.digest, signal);
  context.observe?.({ kind: "manifest-put", digest: manifest.digest });
  await context.checkpoints.update(key, (known) => completeContent(known, context.owner), signal);
  return true;
}

async function forgetAll(
  contents: readonly { readonly digest: Digest }[],
  { checkpoints, scope }: CopyContext,
  signal: AbortSignal,
): Promise<void> {
  const forget = ({ digest }: { digest: Digest }, working: AbortSignal): Promise<void> =>
    checkpoints.update(contentKey(scope, digest), forgetContent, working);
  await concurrently(contents, CONCURRENT_MANIFESTS, forget, signal);
}
