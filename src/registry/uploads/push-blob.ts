import type { Descriptor } from "../../oci/descriptor.ts";
import type { BlobStream } from "../../oci/image-source.ts";
import type { PushBlob, PushedBlob } from "../../oci/image-target.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import { recategorized, RegistryError } from "../../oci/errors/registry-error.ts";
import { hasBlob } from "../blobs/has-blob.ts";
import { typedFailure } from "../errors/typed-failure.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { cancelUpload, startUpload } from "./upload-requests.ts";
import type { StartedUpload } from "./upload-requests.ts";
import { SMALL_BLOB_BYTES } from "../blobs/small-blob.ts";
import { putInParts } from "./put-in-parts.ts";
import { putSmallBlob } from "./put-small-blob.ts";
import { MAX_HOPS, putStream } from "./put-stream.ts";
import type { UploadState, UploadTarget } from "./put-stream.ts";
import { closingUrl } from "./upload-session.ts";
import type { UploadStatus } from "./upload-session.ts";

/** The upload of one blob, over all its attempts. */
interface BlobUpload {
  readonly descriptor: Descriptor;
  readonly options: PushBlob;
  readonly state: UploadState;
}

/**
 * Writes one blob. A broken upload resumes its session where the registry reports how much it has, and otherwise starts at
 * byte 0 with a new session (Artifact Registry cannot resume one). When the response to a PUT was lost, a HEAD first shows
 * whether the blob has arrived after all. @throws {RegistryError}
 */
export async function pushBlob(
  client: RepositoryClient,
  descriptor: Descriptor,
  options: PushBlob,
  signal: AbortSignal,
): Promise<PushedBlob> {
  const { address, runtime, endpoint } = client;
  const state: UploadState = { mayHaveArrived: false, resumable: undefined };
  let last: RegistryError | undefined;
  const attempt = async (): Promise<PushedBlob> => {
    try {
      if (state.mayHaveArrived && (await hasBlob(client, descriptor, signal))) return { kind: "uploaded" };
      const mustNotResend = state.resumable === undefined && options.mayResend?.() === false;
      if (last !== undefined && mustNotResend) throw recategorized(last, "deferred");
      return await pushWholeOrInParts(client, { descriptor, options, state }, signal);
    } catch (cause) {
      const context = address.failureContext("put-blob", descriptor.digest);
      const error = typedFailure(context, cause, signal, runtime.redactSecrets);
      if (!(error instanceof RegistryError)) throw error;
      state.mayHaveArrived ||= error.side === endpoint.side && error.operation === "put-blob";
      last = error.side === endpoint.side ? error : sourceFailure(error);
      throw last;
    }
  };
  return client.retry("put-blob", attempt, signal).catch(async (error: unknown) => {
    if (state.resumable !== undefined) await cancelUpload(client, state.resumable.session, descriptor.digest);
    // Wrong content in every try is not the fault of the connection.
    throw error instanceof RegistryError && isWrongContent(error) ? recategorized(error, "permanent") : error;
  });
}

/** Sends the blob in one request; in parts when it resumes a session, or the registry refuses bodies of its size. */
async function pushWholeOrInParts(
  client: RepositoryClient,
  blob: BlobUpload,
  signal: AbortSignal,
): Promise<PushedBlob> {
  const { descriptor, options, state } = blob;
  const { bodyLimit } = client.runtime.limits;
  const { resumable } = state;
  state.resumable = undefined;
  if (resumable !== undefined || descriptor.size >= bodyLimit.smallestRefusedBytes) {
    return pushInParts(client, blob, resumable, signal);
  }
  try {
    return await pushWhole(client, blob, signal);
  } catch (error) {
    if (!isTooLargeForOneRequest(error, client, descriptor)) throw error;
    bodyLimit.smallestRefusedBytes = Math.min(bodyLimit.smallestRefusedBytes, descriptor.size);
    return await pushInParts(client, { ...blob, options: { open: options.open } }, undefined, signal);
  }
}

/** From this size on, a 400 may be about the size: Docker Hub gives no other reason for about 100 MB in one request. */
const LARGE_BYTES: number = 32 * 1024 * 1024;

/** True when the registry, or a proxy before it, refused the blob for its size. */
function isTooLargeForOneRequest(error: unknown, { endpoint }: RepositoryClient, { size }: Descriptor): boolean {
  if (!(error instanceof RegistryError) || error.side !== endpoint.side || error.operation !== "put-blob") return false;
  return error.status === 413 || (error.status === 400 && error.code !== "DIGEST_INVALID" && size >= LARGE_BYTES);
}

/** @param resumable the session to resume. One that rejects the digest in the end may hold wrong bytes: a new one is tried. */
async function pushInParts(
  client: RepositoryClient,
  { descriptor, options: { open, mountFrom } }: BlobUpload,
  resumable: UploadStatus | undefined,
  signal: AbortSignal,
): Promise<PushedBlob> {
  const started = resumable ?? (await mountOrStart(client, descriptor, mountFrom, signal));
  if ("kind" in started && started.kind === "mounted") return { kind: "mounted" };
  const status = "kind" in started ? { session: started.session, offset: 0 } : started;
  try {
    await using stream = await open(signal);
    await putInParts(client, status, { descriptor, bytes: stream }, signal);
    return { kind: "uploaded" };
  } catch (error) {
    await cancelUpload(client, status.session, descriptor.digest);
    const isStale = error instanceof RegistryError && error.code === "DIGEST_INVALID" && resumable !== undefined;
    throw isStale ? recategorized(error, "transient") : error;
  }
}

/** Wrong bytes are worth another try, because the connection may have corrupted them; other failures of the source were retried there. */
function sourceFailure(error: RegistryError): RegistryError {
  return error.category === "transient" && !isWrongContent(error) ? recategorized(error, "deferred") : error;
}

async function pushWhole(
  client: RepositoryClient,
  { descriptor, options: { open, mountFrom, onUploaded }, state }: BlobUpload,
  signal: AbortSignal,
): Promise<PushedBlob> {
  // Without a mount the bytes are needed for certain: open them while the session is being opened.
  const early = mountFrom === undefined ? settled(open(signal)) : undefined;
  const started = await mountOrStart(client, descriptor, mountFrom, signal).catch(async (error: unknown) => {
    await closeEarly(early);
    throw error;
  });
  if (started.kind === "mounted") return { kind: "mounted" };
  const opened = await (early ?? settled(open(signal)));
  if (opened.status === "rejected") {
    await cancelUpload(client, started.session, descriptor.digest);
    throw opened.reason;
  }
  let stream = opened.value;
  let url: URL | undefined = closingUrl(started.session, descriptor.digest);
  for (let hops = 0; url !== undefined; hops++) {
    if (hops > 0) stream = await open(signal);
    const to: UploadTarget = { url, session: started.session, isLast: hops === MAX_HOPS };
    url =
      descriptor.size <= SMALL_BLOB_BYTES
        ? await putSmallBlob(client, descriptor, { stream, to, onUploaded }, signal)
        : await putStream(client, descriptor, { stream, to, state, onUploaded }, signal);
  }
  return { kind: "uploaded" };
}

/**
 * A mount is best effort: when the registry refuses it, for any reason but 429, an upload is opened instead. After a 429 no
 * other request is sent at once.
 */
async function mountOrStart(
  client: RepositoryClient,
  descriptor: Descriptor,
  mountFrom: RepositoryName | undefined,
  signal: AbortSignal,
): Promise<StartedUpload> {
  try {
    return await startUpload(client, descriptor, mountFrom, signal);
  } catch (error) {
    const isRefused = error instanceof RegistryError && error.status !== undefined && error.status !== 429;
    if (mountFrom === undefined || !isRefused) throw error;
    return startUpload(client, descriptor, undefined, signal);
  }
}

function settled<T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  return promise.then(
    (value) => ({ status: "fulfilled", value }),
    (reason: unknown) => ({ status: "rejected", reason }),
  );
}

async function closeEarly(early: Promise<PromiseSettledResult<BlobStream>> | undefined): Promise<void> {
  const opened = await early;
  if (opened?.status === "fulfilled") await opened.value[Symbol.asyncDispose]();
}

function isWrongContent(error: RegistryError): boolean {
  return error.side === "source" && (error.code === "DIGEST_INVALID" || error.code === "SIZE_INVALID");
}
