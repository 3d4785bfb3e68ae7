import type { Descriptor } from "../oci/descriptor.ts";
import type { BlobStream } from "../oci/image-source.ts";
import type { PushBlob, PushedBlob } from "../oci/image-target.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { recategorized, RegistryError } from "../oci/registry-error.ts";
import { hasBlob } from "./blobs.ts";
import { typedFailure } from "./failure.ts";
import type { RepositoryClient } from "./repository-client.ts";
import { withRetry } from "./retry.ts";
import { watchUpload } from "./watchdog.ts";
import { cancelUpload, putBlob, startUpload } from "./uploads.ts";
import type { StartedUpload } from "./uploads.ts";

/**
 * Writes one blob. A broken upload starts again from byte 0 with a new session (Artifact Registry cannot resume one);
 * when its answer was lost, the registry is asked first whether the blob has arrived after all.
 */
export async function pushBlob(
  client: RepositoryClient,
  descriptor: Descriptor,
  options: PushBlob,
  signal: AbortSignal,
): Promise<PushedBlob> {
  const { traffic, clock, random } = client;
  let isMaybeThere = false;
  const attempt = async (): Promise<PushedBlob> => {
    try {
      if (isMaybeThere && (await hasBlob(client, descriptor, signal))) return { kind: "uploaded" };
      return await pushOnce(client, descriptor, options, signal);
    } catch (cause) {
      const error = typedFailure(client.occasion("put-blob", descriptor.digest), cause, signal, client.cut);
      if (!(error instanceof RegistryError)) throw error;
      isMaybeThere ||= error.side === client.endpoint.side && error.operation === "put-blob";
      throw error.side === client.endpoint.side ? error : sourceFailure(error);
    }
  };
  return withRetry(attempt, { operation: "put-blob", traffic, clock, random, signal }).catch((error: unknown) => {
    // The same wrong bytes time after time: it is not the line.
    throw error instanceof RegistryError && isWrongContent(error) ? recategorized(error, "permanent") : error;
  });
}

/** Wrong bytes may be the line's fault and are asked for again; whatever else the source had, it had its own tries. */
function sourceFailure(error: RegistryError): RegistryError {
  return error.category === "transient" && !isWrongContent(error) ? recategorized(error, "deferred") : error;
}

async function pushOnce(
  client: RepositoryClient,
  descriptor: Descriptor,
  { open, mountFrom, onUploaded }: PushBlob,
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
  await using stream = opened.value;
  const bytes = remembering(stream);
  const upload = watchUpload(bytes, client.clock, client.patience);
  try {
    const either = AbortSignal.any([signal, upload.signal]);
    await putBlob(client, started.session, { descriptor, bytes: upload.body }, either);
    onUploaded?.(upload.tookMs());
  } catch (error) {
    await cancelUpload(client, started.session, descriptor.digest);
    // When the source broke, the upload only shows that its body ended: report the cause.
    throw upload.signal.reason ?? bytes.failure() ?? error;
  } finally {
    upload.end();
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

function isWrongContent(error: RegistryError): boolean {
  return error.side === "source" && (error.code === "DIGEST_INVALID" || error.code === "SIZE_INVALID");
}
