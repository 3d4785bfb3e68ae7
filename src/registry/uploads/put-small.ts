import type { Descriptor } from "../../oci/descriptor.ts";
import type { BlobStream } from "../../oci/image-source.ts";
import type { PushBlob } from "../../oci/image-target.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { cancelUpload, putBlob } from "./upload-requests.ts";
import { nextPlace } from "./put-stream.ts";
import type { UploadPlace } from "./put-stream.ts";

/** Puts a blob that is small enough to be held in memory, and closes its stream. @returns where to put it instead, if the registry says so. */
export async function putSmall(
  client: RepositoryClient,
  descriptor: Descriptor,
  { stream, to, onUploaded }: { readonly stream: BlobStream; readonly to: UploadPlace } & Pick<PushBlob, "onUploaded">,
  signal: AbortSignal,
): Promise<URL | undefined> {
  await using opened = stream;
  try {
    const bytes = Buffer.concat(await Array.fromAsync(opened));
    let tookMs = 0;
    const onAnswered = (ms: number): void => void (tookMs = ms);
    const moved = await putBlob(client, to.url, { descriptor, bytes, onAnswered }, signal);
    if (moved !== undefined) return nextPlace(moved, to);
    onUploaded?.(tookMs);
    return undefined;
  } catch (error) {
    await cancelUpload(client, to.session, descriptor.digest);
    throw error;
  }
}
