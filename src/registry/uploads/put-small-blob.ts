import type { Descriptor } from "../../oci/descriptor.ts";
import type { BlobStream } from "../../oci/image-source.ts";
import type { PushBlob } from "../../oci/image-target.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { cancelUpload, putBlob } from "./upload-requests.ts";
import { checkedRedirect } from "./put-stream.ts";
import type { UploadTarget } from "./put-stream.ts";

/** Sends a blob from memory, and closes its stream. @returns the URL to send it to instead when the registry redirects. */
export async function putSmallBlob(
  client: RepositoryClient,
  descriptor: Descriptor,
  { stream, to, onUploaded }: { readonly stream: BlobStream; readonly to: UploadTarget } & Pick<PushBlob, "onUploaded">,
  signal: AbortSignal,
): Promise<URL | undefined> {
  await using opened = stream;
  try {
    const bytes = Buffer.concat(await Array.fromAsync(opened));
    let tookMs = 0;
    const onResponse = (ms: number): void => void (tookMs = ms);
    const moved = await putBlob(client, to.url, { descriptor, bytes, onResponse }, signal);
    if (moved !== undefined) return checkedRedirect(moved, to);
    onUploaded?.(tookMs);
    return undefined;
  } catch (error) {
    await cancelUpload(client, to.session, descriptor.digest);
    throw error;
  }
}
