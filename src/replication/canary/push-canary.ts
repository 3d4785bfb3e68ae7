import type { BlobStream } from "../../oci/image-source.ts";
import type { ImageTarget } from "../../oci/image-target.ts";
import type { Tag } from "../../oci/reference.ts";
import type { CanaryImage } from "./canary-image.ts";

/** Pushes a canary as a client does: blobs that the repository lacks, then the manifest under its tag. @throws {RegistryError} */
export async function pushCanary(
  target: Pick<ImageTarget, "hasBlob" | "pushBlob" | "putManifest">,
  { manifest, blobs }: CanaryImage,
  tag: Tag,
  signal: AbortSignal,
): Promise<void> {
  for (const { descriptor, bytes } of blobs) {
    if (await target.hasBlob(descriptor, signal)) continue;
    await target.pushBlob(descriptor, { open: () => Promise.resolve(streamOf(bytes)) }, signal);
  }
  await target.putManifest(manifest, tag, signal);
}

/** Bytes in memory as a stream. */
function streamOf(bytes: Uint8Array): BlobStream {
  return {
    async *[Symbol.asyncIterator]() {
      yield bytes;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
