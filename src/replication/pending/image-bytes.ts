import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { FormatError } from "../../oci/errors/format-error.ts";
import { Schema1Error } from "../../oci/errors/schema1-error.ts";
import type { ManifestSource } from "../../oci/image-source.ts";
import { successors } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { isTag } from "../../oci/reference.ts";

/** Manifests read of one image: an index of more is counted up to there. */
const MOST_MANIFESTS = 100;

/**
 * Bytes of the blobs of an image with all its platforms, each blob once, whatever the target has of them. Undefined when the source has no
 * such image, or its manifests cannot be read.
 */
export async function imageBytes(
  source: Pick<ManifestSource, "readManifest">,
  reference: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (!isTag(reference) && !isDigest(reference)) return undefined;
  const root = await source.readManifest(reference, signal);
  if (root === undefined) return undefined;
  try {
    const blobs = await blobSizes(source, root, signal);
    return [...blobs.values()].reduce((sum, size) => sum + size, 0);
  } catch (error) {
    if (error instanceof FormatError || error instanceof Schema1Error) return undefined;
    throw error;
  }
}

async function blobSizes(
  source: Pick<ManifestSource, "readManifest">,
  root: Manifest,
  signal: AbortSignal,
): Promise<ReadonlyMap<Digest, number>> {
  const blobs = new Map<Digest, number>();
  const known = new Set<Digest>();
  const waiting = [root];
  for (let next = waiting.pop(); next !== undefined && known.size < MOST_MANIFESTS; next = waiting.pop()) {
    known.add(next.digest);
    const found = successors(next.bytes, next.mediaType);
    for (const { digest, size } of found.blobs) blobs.set(digest, size);
    for (const { digest } of found.manifests.slice(0, MOST_MANIFESTS)) {
      const manifest = known.has(digest) ? undefined : await source.readManifest(digest, signal);
      if (manifest !== undefined) waiting.push(manifest);
    }
  }
  return blobs;
}
