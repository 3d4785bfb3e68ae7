import type { Descriptor } from "../../oci/descriptor.ts";
import type { ManifestWanted } from "../../oci/image-source.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Tag } from "../../oci/reference.ts";
import { isContentMissing } from "../../oci/errors/registry-error.ts";
import { completeContent, contentKey, forgetContent } from "../state/checkpoint.ts";
import { findCosignTags } from "../image/find-cosign-tags.ts";
import { linkAbort } from "../../async/linked-abort.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import { ignoreRejectionUntilAwaited } from "../../async/late-rejection.ts";
import { copyBlob } from "./copy-blob.ts";
import type { CopiedBlob } from "./copy-blob.ts";
import { HeldByLongLaneError } from "../state/upload-claims.ts";
import type { CopyContext } from "./copy-context.ts";
import { blobsOf, nodesOf } from "../image/image-tree.ts";
import { readImage } from "../image/read-image.ts";
import type { ImageNode, ImageTree } from "../image/image-tree.ts";
import { measured } from "../spans/span.ts";
import { refusedAttachment } from "../outcome/left-out.ts";
import type { LeftOut } from "../outcome/left-out.ts";
import { addPreCopied, emptyStatistics } from "../outcome/copy-statistics.ts";
import type { CopyStatistics } from "../outcome/copy-statistics.ts";

/** An image whose content is at the target, except for its root manifest. */
export interface CopiedImage {
  readonly manifest: Manifest;
  readonly tree: ImageTree;
  readonly statistics: CopyStatistics;
  /** Cosign tags of the image's manifests that the source has. */
  readonly cosignTags: readonly Tag[];
  /** Content that the source names and that was not copied. */
  readonly leftOut: readonly LeftOut[];
  /** Forgets every checkpoint of the image, because the target denied having some of its content. */
  readonly forget: () => Promise<void>;
}

/** Blobs handled concurrently. Uploads have a lower bound: `uploads.concurrency`. */
const CONCURRENT = 128;
const CONCURRENT_MANIFESTS = 16;

/**
 * Copies an image and its referrers: blobs, the biggest first, then manifests by digest, children first. The caller puts the
 * root manifest last, under its tag.
 * @throws {RegistryError} of either side. @throws {MissingContentError} @throws {FormatError}
 */
export async function copyImage(root: ManifestWanted, context: CopyContext, signal: AbortSignal): Promise<CopiedImage> {
  const { ports, policy, uploads, observe } = context;
  const { spans } = ports;
  const reading = readImage(root, { source: ports.source, ...policy }, signal);
  const tree = await (spans === undefined ? reading : measured(spans.start("read"), reading));
  const blobs = blobsOf(tree);
  const nodes = nodesOf(tree);
  observe?.({ kind: "planned", manifests: nodes.length, blobs });
  const statistics = emptyStatistics();
  const leftOut = [...tree.leftOut];
  // The tags are looked up while the blobs are copied.
  using lookup = linkAbort(signal);
  const cosignTags = ignoreRejectionUntilAwaited(cosignTagsOf(tree, context, lookup.signal));
  const forget = (): Promise<void> => forgetAll([...blobs, ...nodes.map(({ manifest }) => manifest)], context, signal);
  try {
    if (policy.isRepair === true) await forget();
    await copyBlobs(blobs, context, statistics, signal);
    leftOut.push(...(await putBelow(tree, context, statistics, signal)));
  } catch (error) {
    lookup.abort(error);
    await cosignTags.catch(() => undefined);
    if (isContentMissing(error)) await forget();
    // The deadline aborts every upload; an upload that can never meet it explains the failure.
    throw uploads.scheduler?.timeExceeded() ?? error;
  }
  return { manifest: tree.root.manifest, tree, statistics, cosignTags: await cosignTags, leftOut, forget };
}

/** Cosign tags of every manifest that is copied, referrers included. */
function cosignTagsOf(
  tree: ImageTree,
  { ports: { source }, policy: { referrers, cosignTags = true } }: CopyContext,
  signal: AbortSignal,
): Promise<Tag[]> {
  if (!referrers || !cosignTags) return Promise.resolve([]);
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
    context.observe?.({ kind: "blob-done", blob, how: how === "pre-copied" ? "present" : how });
  };
  const copyUnlessHeld = (blob: Descriptor, working: AbortSignal): Promise<void> =>
    copy(blob, working).catch((error: unknown) => {
      if (!(error instanceof HeldByLongLaneError)) throw error;
      held = error;
    });
  await concurrently(blobs, CONCURRENT, copyUnlessHeld, signal);
  // Thrown last, so that all other blobs are copied first.
  if (held !== undefined) throw held;
}

function count(statistics: CopyStatistics, blob: Descriptor, how: CopiedBlob): void {
  if (how === "present" || how === "pre-copied") statistics.blobsPresent++;
  if (how === "pre-copied") addPreCopied(statistics, blob.size);
  if (how === "mounted") statistics.blobsMounted++;
  if (how === "uploaded") {
    statistics.blobsUploaded++;
    statistics.bytesUploaded += blob.size;
  }
}

/** Puts every manifest except the root, children before parents. @returns the referrers that the target refused. */
function putBelow(
  tree: ImageTree,
  context: CopyContext,
  statistics: CopyStatistics,
  signal: AbortSignal,
): Promise<LeftOut[]> {
  const putting = putChildrenAndReferrers(tree, context, statistics, signal);
  const { spans } = context.ports;
  const isAlone = tree.root.children.length === 0 && tree.referrers.length === 0;
  return spans === undefined || isAlone ? putting : measured(spans.start("manifests"), putting);
}

async function putChildrenAndReferrers(
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

/** Puts a manifest by its digest, unless it has a checkpoint. Concurrent puts are harmless: they have the same bytes. */
async function putOnce(
  manifest: Manifest,
  { ports: { checkpoints, target }, identity: { scope, owner }, policy, observe }: CopyContext,
  signal: AbortSignal,
): Promise<boolean> {
  const key = contentKey(scope, manifest.digest);
  const known = await checkpoints.read(key, signal);
  if (known?.state === "present" && policy.presence === "ask") return false;
  await target.putManifest(manifest, manifest.digest, signal);
  observe?.({ kind: "manifest-put", digest: manifest.digest });
  await checkpoints.update(key, (known) => completeContent(known, owner), signal);
  return true;
}

async function forgetAll(
  contents: readonly { readonly digest: Digest }[],
  { ports: { checkpoints }, identity: { scope } }: CopyContext,
  signal: AbortSignal,
): Promise<void> {
  const forget = ({ digest }: { digest: Digest }, working: AbortSignal): Promise<void> =>
    checkpoints.update(contentKey(scope, digest), forgetContent, working);
  await concurrently(contents, CONCURRENT_MANIFESTS, forget, signal);
}
