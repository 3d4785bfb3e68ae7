import type { Descriptor } from "../../oci/descriptor.ts";
import type { BlobStream } from "../../oci/image-source.ts";
import type { PushBlob } from "../../oci/image-target.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { cancelUpload, putBlob } from "./upload-requests.ts";
import { watchUpload } from "./upload-watchdog.ts";
import { queryUploadStatus } from "./upload-session.ts";
import type { UploadSession, UploadStatus } from "./upload-session.ts";

/** What one attempt to upload a blob leaves to the next. */
export interface UploadState {
  /** A PUT broke off: the blob may have arrived all the same. */
  mayHaveArrived: boolean;
  /** A session that has a part of the blob. */
  resumable: UploadStatus | undefined;
}

/** Redirects that one upload follows: the bytes are read from the source again for each. */
export const MAX_HOPS = 2;

/** Where the bytes of a session are sent: to its location, or where that redirects to. */
export interface UploadTarget {
  readonly url: URL;
  readonly session: UploadSession;
  /** A redirect from here is not followed. */
  readonly isLast: boolean;
}

/** Sends a stream, and closes it. @returns the URL to send it to instead when the registry redirects. */
export async function putStream(
  client: RepositoryClient,
  descriptor: Descriptor,
  {
    stream,
    to,
    state,
    onUploaded,
  }: {
    readonly stream: BlobStream;
    readonly to: UploadTarget;
    readonly state: UploadState;
    readonly onUploaded: PushBlob["onUploaded"];
  },
  signal: AbortSignal,
): Promise<URL | undefined> {
  await using opened = stream;
  const bytes = recordingFailure(opened);
  const upload = watchUpload(bytes, client.runtime, signal);
  try {
    const moved = await putBlob(client, to.url, { descriptor, bytes: upload.body }, upload.signal);
    if (moved !== undefined) return checkedRedirect(moved, to);
    onUploaded?.(upload.tookMs());
    return undefined;
  } catch (error) {
    await keepOrCancel(client, descriptor, to.session, { state, error, signal });
    // When the source broke, the upload only shows that its body ended: report the cause.
    throw upload.signal.reason ?? bytes.failure() ?? error;
  } finally {
    upload.end();
  }
}

/** The target of a redirect. @throws when there were too many. */
export function checkedRedirect(moved: URL, { isLast }: UploadTarget): URL {
  if (isLast) throw new Error(`redirected more than ${MAX_HOPS} times`);
  return moved;
}

/** Keeps a session that has a part of the blob after a transient failure; cancels any other one. */
async function keepOrCancel(
  client: RepositoryClient,
  { digest, size }: Descriptor,
  session: UploadSession,
  { state, error, signal }: { readonly state: UploadState; readonly error: unknown; readonly signal: AbortSignal },
): Promise<void> {
  const isBreak = !signal.aborted && error instanceof RegistryError && error.category === "transient";
  const status = isBreak && size >= RESUMED_BYTES ? await queryUploadStatus(client, session, digest) : undefined;
  if (status !== undefined && status.offset > 0 && status.offset < size) state.resumable = status;
  else await cancelUpload(client, session, digest);
}

/** Smaller blobs are sent again faster than the status of their session is read. */
const RESUMED_BYTES: number = 1024 * 1024;

/** Passes bytes on, and keeps the error that ended them. */
function recordingFailure(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> & { failure(): unknown } {
  let failure: unknown;
  return {
    failure: () => failure,
    async *[Symbol.asyncIterator]() {
      try {
        yield* bytes;
      } catch (error) {
        failure = error;
        throw error;
      }
    },
  };
}
