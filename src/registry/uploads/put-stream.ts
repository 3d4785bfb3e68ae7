import type { Descriptor } from "../../oci/descriptor.ts";
import type { BlobStream } from "../../oci/image-source.ts";
import type { PushBlob } from "../../oci/image-target.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { cancelUpload, putBlob } from "./upload-requests.ts";
import { watchUpload } from "../http/stall-watchdog.ts";
import { askStatus } from "./upload-session.ts";
import type { UploadSession, UploadStatus } from "./upload-session.ts";

/** What is known of one blob's upload from one attempt to the next. */
export interface Course {
  /** A put of it was broken off: it may have arrived all the same. */
  isMaybeThere: boolean;
  /** A session that has some of it. */
  begun: UploadStatus | undefined;
}

/** Redirects of one upload that are followed: its bytes are read anew for each. */
export const MAX_HOPS = 2;

/** Where the bytes of a session are put: at its location, or where that redirects them. */
export interface UploadPlace {
  readonly url: URL;
  readonly session: UploadSession;
  readonly isLast: boolean;
}

/** Puts a stream, and closes it. @returns where it is to be put instead, if the registry says so. */
export async function putStream(
  client: RepositoryClient,
  descriptor: Descriptor,
  {
    stream,
    to,
    course,
    onUploaded,
  }: {
    readonly stream: BlobStream;
    readonly to: UploadPlace;
    readonly course: Course;
    readonly onUploaded: PushBlob["onUploaded"];
  },
  signal: AbortSignal,
): Promise<URL | undefined> {
  await using opened = stream;
  const bytes = remembering(opened);
  const upload = watchUpload(bytes, client.clock, client.patience);
  try {
    const either = AbortSignal.any([signal, upload.signal]);
    const moved = await putBlob(client, to.url, { descriptor, bytes: upload.body }, either);
    if (moved !== undefined) return nextPlace(moved, to);
    onUploaded?.(upload.tookMs());
    return undefined;
  } catch (error) {
    await keepOrCancel(client, descriptor, to.session, { course, error, signal });
    // When the source broke, the upload only shows that its body ended: report the cause.
    throw upload.signal.reason ?? bytes.failure() ?? error;
  } finally {
    upload.end();
  }
}

/** Where a registry redirects an upload. @throws when that was done too often. */
export function nextPlace(moved: URL, { isLast }: UploadPlace): URL {
  if (isLast) throw new Error(`redirected more than ${MAX_HOPS} times`);
  return moved;
}

/** A session that was broken off in the middle is kept if it says that it has some of the blob; any other one is given up. */
async function keepOrCancel(
  client: RepositoryClient,
  { digest, size }: Descriptor,
  session: UploadSession,
  { course, error, signal }: { readonly course: Course; readonly error: unknown; readonly signal: AbortSignal },
): Promise<void> {
  const isBreak = !signal.aborted && error instanceof RegistryError && error.category === "transient";
  const status = isBreak && size >= RESUMED_BYTES ? await askStatus(client, session, digest) : undefined;
  if (status !== undefined && status.offset > 0 && status.offset < size) course.begun = status;
  else await cancelUpload(client, session, digest);
}

/** Below this size, a blob is sent again sooner than the registry says how much of it it has. */
const RESUMED_BYTES: number = 1024 * 1024;

/** Passes bytes on and keeps the error they ended with. */
function remembering(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> & { failure(): unknown } {
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
