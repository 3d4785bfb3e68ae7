import type { Descriptor } from "../src/oci/descriptor.ts";
import type { Digest } from "../src/oci/digest.ts";
import type { ImageSource, ResolvedManifest } from "../src/oci/image-source.ts";
import type { Tag } from "../src/oci/reference.ts";
import { concurrently } from "../src/async/run-concurrently.ts";
import { blobsOf, nodesOf } from "../src/replication/image/image-tree.ts";
import { readImage } from "../src/replication/image/read-image.ts";

/** An image whose source and target are equal, byte for byte. */
export interface VerifiedImage {
  readonly digest: Digest;
  readonly manifests: number;
  readonly blobs: number;
  readonly bytes: number;
}

/** Source and target differ; the message says where. */
export class DifferenceError extends Error {
  override readonly name = "DifferenceError";
}

const CONCURRENT = 4;

/**
 * Reads an image from source and target and compares the tag's digest, the bytes of every manifest and every blob, and the referrers.
 * @throws {DifferenceError} with the first difference.
 */
export async function verifyTag(
  source: ImageSource,
  target: ImageSource,
  tag: Tag,
  signal: AbortSignal,
): Promise<VerifiedImage> {
  const [wanted, found] = await Promise.all([source.resolve(tag, signal), target.resolve(tag, signal)]);
  if (wanted === undefined) throw new DifferenceError(`the source has no tag ${tag}`);
  if (found?.digest !== wanted.digest) {
    throw new DifferenceError(
      `tag ${tag} is ${wanted.digest} at the source and ${found?.digest ?? "absent"} at the target`,
    );
  }
  return verifyImage(wanted, { source, target, referrers: true }, signal);
}

/** {@link verifyTag} for an image by digest, with or without its referrers. */
export async function verifyImage(
  root: ResolvedManifest,
  { source, target, referrers }: { source: ImageSource; target: ImageSource; referrers: boolean },
  signal: AbortSignal,
): Promise<VerifiedImage> {
  const tree = await readImage(root, { source, referrers, sparse: "keep" }, signal);
  const nodes = nodesOf(tree);
  await concurrently(nodes, CONCURRENT, async ({ manifest }) => verifyManifest(manifest, target, signal), signal);
  const blobs = blobsOf(tree);
  await concurrently(blobs, CONCURRENT, (blob) => readThrough(blob, target, signal), signal);
  const bytes = blobs.reduce((sum, { size }) => sum + size, 0);
  return { digest: root.digest, manifests: nodes.length, blobs: blobs.length, bytes };
}

async function verifyManifest(
  { digest, mediaType, bytes }: { digest: Digest; mediaType: string; bytes: Uint8Array },
  target: ImageSource,
  signal: AbortSignal,
): Promise<void> {
  const copy = await target.fetchManifest({ digest, mediaType, size: bytes.byteLength }, signal);
  if (copy === undefined) throw new DifferenceError(`the target has no manifest ${digest}`);
  if (Buffer.compare(copy.bytes, bytes) !== 0) throw new DifferenceError(`manifest ${digest} differs at the target`);
}

/** Reads a blob to its end: the stream fails when size or digest is wrong. */
async function readThrough(blob: Descriptor, target: ImageSource, signal: AbortSignal): Promise<void> {
  await using stream = await target.openBlob(blob, signal);
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.byteLength;
  if (bytes !== blob.size)
    throw new DifferenceError(`blob ${blob.digest} has ${bytes} bytes at the target, not ${blob.size}`);
}
