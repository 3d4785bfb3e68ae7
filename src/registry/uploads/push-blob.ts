import type { Descriptor } from "../../oci/descriptor.ts";
import type { BlobStream } from "../../oci/image-source.ts";
import type { PushBlob, PushedBlob } from "../../oci/image-target.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import { recategorized, RegistryError } from "../../oci/errors/registry-error.ts";
import { hasBlob } from "../blobs/blob-exists.ts";
import { typedFailure } from "../errors/typed-failure.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { withRetry } from "../resilience/retry.ts";
import { cancelUpload, startUpload } from "./upload-requests.ts";
import type { StartedUpload } from "./upload-requests.ts";
import { SMALL_BYTES } from "../blobs/small-blob.ts";
import { putInParts } from "./put-in-parts.ts";
import { putSmall } from "./put-small.ts";
import { MAX_HOPS, putStream } from "./put-stream.ts";
import type { Course, UploadPlace } from "./put-stream.ts";
import { closingUrl } from "./upload-session.ts";
import type { UploadStatus } from "./upload-session.ts";

/** One blob on its way, over all its attempts. */
interface BlobOnItsWay {
  readonly descriptor: Descriptor;
  readonly options: PushBlob;
  readonly course: Course;
}

/**
 * Writes one blob. A broken upload goes on in its session where the registry says how far it is, and else starts again from
 * byte 0 with a new session (Artifact Registry cannot resume one); when its answer was lost, the registry is asked first
 * whether the blob has arrived after all.
 */
export async function pushBlob(
  client: RepositoryClient,
  descriptor: Descriptor,
  options: PushBlob,
  signal: AbortSignal,
): Promise<PushedBlob> {
  const { traffic, clock, random } = client;
  const course: Course = { isMaybeThere: false, begun: undefined };
  let last: RegistryError | undefined;
  const attempt = async (): Promise<PushedBlob> => {
    try {
      if (course.isMaybeThere && (await hasBlob(client, descriptor, signal))) return { kind: "uploaded" };
      const isOver = course.begun === undefined && options.mayResend?.() === false;
      if (last !== undefined && isOver) throw recategorized(last, "deferred");
      return await pushSomehow(client, { descriptor, options, course }, signal);
    } catch (cause) {
      const error = typedFailure(client.occasion("put-blob", descriptor.digest), cause, signal, client.cut);
      if (!(error instanceof RegistryError)) throw error;
      course.isMaybeThere ||= error.side === client.endpoint.side && error.operation === "put-blob";
      last = error.side === client.endpoint.side ? error : sourceFailure(error);
      throw last;
    }
  };
  return withRetry(attempt, { operation: "put-blob", traffic, clock, random, signal }).catch(async (error: unknown) => {
    if (course.begun !== undefined) await cancelUpload(client, course.begun.session, descriptor.digest);
    // The same wrong bytes time after time: it is not the line.
    throw error instanceof RegistryError && isWrongContent(error) ? recategorized(error, "permanent") : error;
  });
}

/** In one request, or in parts: where a session goes on, and where the registry takes no body of that size. */
async function pushSomehow(client: RepositoryClient, blob: BlobOnItsWay, signal: AbortSignal): Promise<PushedBlob> {
  const { descriptor, options, course } = blob;
  const { bodies } = client.traffic;
  const { begun } = course;
  course.begun = undefined;
  if (begun !== undefined || descriptor.size >= bodies.refused) {
    return pushInParts(client, blob, begun, signal);
  }
  try {
    return await pushOnce(client, blob, signal);
  } catch (error) {
    if (!isTooLargeAtOnce(error, client, descriptor)) throw error;
    bodies.refused = Math.min(bodies.refused, descriptor.size);
    return await pushInParts(client, { ...blob, options: { open: options.open } }, undefined, signal);
  }
}

/** From this size on, 400 without a reason may mean the size: Docker Hub answers so to about 100 MB in one request. */
const LARGE_BYTES: number = 32 * 1024 * 1024;

/** Did the registry, or what stands before it, refuse the blob for its size? */
function isTooLargeAtOnce(error: unknown, { endpoint }: RepositoryClient, { size }: Descriptor): boolean {
  if (!(error instanceof RegistryError) || error.side !== endpoint.side || error.operation !== "put-blob") return false;
  return error.status === 413 || (error.status === 400 && error.code !== "DIGEST_INVALID" && size >= LARGE_BYTES);
}

/** @param begun where to go on; a session that refuses what it has is not used again. */
async function pushInParts(
  client: RepositoryClient,
  { descriptor, options: { open, mountFrom } }: BlobOnItsWay,
  begun: UploadStatus | undefined,
  signal: AbortSignal,
): Promise<PushedBlob> {
  const started = begun ?? (await mountOrStart(client, descriptor, mountFrom, signal));
  if ("kind" in started && started.kind === "mounted") return { kind: "mounted" };
  const status = "kind" in started ? { session: started.session, offset: 0 } : started;
  try {
    await using stream = await open(signal);
    await putInParts(client, status, { descriptor, bytes: stream }, signal);
    return { kind: "uploaded" };
  } catch (error) {
    await cancelUpload(client, status.session, descriptor.digest);
    const isStale = error instanceof RegistryError && error.code === "DIGEST_INVALID" && begun !== undefined;
    throw isStale ? recategorized(error, "transient") : error;
  }
}

/** Wrong bytes may be the line's fault and are asked for again; whatever else the source had, it had its own tries. */
function sourceFailure(error: RegistryError): RegistryError {
  return error.category === "transient" && !isWrongContent(error) ? recategorized(error, "deferred") : error;
}

async function pushOnce(
  client: RepositoryClient,
  { descriptor, options: { open, mountFrom, onUploaded }, course }: BlobOnItsWay,
  signal: AbortSignal,
): Promise<PushedBlob> {
  // Without a mount the bytes are needed for sure: ask for them while the session is being opened.
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
    const to: UploadPlace = { url, session: started.session, isLast: hops === MAX_HOPS };
    url =
      descriptor.size <= SMALL_BYTES
        ? await putSmall(client, descriptor, { stream, to, onUploaded }, signal)
        : await putStream(client, descriptor, { stream, to, course, onUploaded }, signal);
  }
  return { kind: "uploaded" };
}

/**
 * A mount is a wish: a registry that refuses it, for whatever reason, is asked for an upload instead. Only one that wants
 * fewer requests (429) is not sent another one at once.
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
