import type { Descriptor } from "../../oci/descriptor.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import type { Digest } from "../../oci/digest.ts";
import { discard } from "../http/response.ts";
import type { RegistryResponse } from "../http/response.ts";
import { responseError } from "../errors/typed-failure.ts";
import type { RegistryRequest } from "../client/registry-request.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { withTimeLimit } from "../../async/time-limit.ts";
import { sessionOf } from "./upload-session.ts";
import type { UploadSession } from "./upload-session.ts";

/** The result of opening an upload: a session, or, when a mount was requested and granted, the blob itself. */
export type StartedUpload =
  | { readonly kind: "session"; readonly session: UploadSession }
  | { readonly kind: "mounted" };

/** Redirects that keep method and body (RFC 9110, 15.4.8 and 15.4.9). */
const KEEPING_METHOD: readonly number[] = [307, 308];
/** Time limit for the cancellation of a session. */
const CANCEL_MS = 2_000;

/**
 * Opens an upload session, or mounts the blob from another repository in the same request (distribution-spec, "POST then
 * PUT", "Mounting a blob from another repository"). Not retried here: {@link pushBlob} retries the whole upload.
 * @throws {RegistryError}
 */
export async function startUpload(
  client: RepositoryClient,
  descriptor: Descriptor,
  mountFrom: RepositoryName | undefined,
  signal: AbortSignal,
): Promise<StartedUpload> {
  const url = client.address.url("blobs/uploads/");
  if (mountFrom !== undefined) {
    url.searchParams.set("mount", descriptor.digest);
    url.searchParams.set("from", mountFrom);
  }
  const response = await client.send(
    {
      operation: "start-upload",
      subject: client.address.subject(descriptor.digest),
      method: "POST",
      url,
      accept: mountFrom === undefined ? [202] : [201, 202],
      scope: client.address.scope("pull,push", mountFrom),
    },
    signal,
  );
  await discard(response);
  if (response.status === 201) return { kind: "mounted" };
  return { kind: "session", session: sessionOf(client, descriptor.digest, response) };
}

/**
 * Sends the whole blob and closes the session with its digest, in one request of exactly `descriptor.size` bytes.
 * @returns the URL to send the blob to instead, when the registry redirects within its origin. `bytes` are consumed all the same.
 * @throws {RegistryError}
 */
export async function putBlob(
  client: RepositoryClient,
  url: URL,
  blob: {
    readonly descriptor: Descriptor;
    readonly bytes: Uint8Array | AsyncIterable<Uint8Array>;
    readonly onResponse?: RegistryRequest["onResponse"];
  },
  signal: AbortSignal,
): Promise<URL | undefined> {
  const { digest, size } = blob.descriptor;
  const response = await client.send(
    {
      operation: "put-blob",
      subject: client.address.subject(digest),
      method: "PUT",
      url,
      headers: { "content-type": "application/octet-stream", "content-length": String(size) },
      body: size === 0 ? new Uint8Array() : blob.bytes,
      commitBytes: size,
      ...(blob.onResponse === undefined ? {} : { onResponse: blob.onResponse }),
      accept: [201, 204, ...KEEPING_METHOD],
      scope: client.address.scope("pull,push"),
    },
    signal,
  );
  await discard(response);
  return KEEPING_METHOD.includes(response.status) ? movedTo(client, digest, response) : undefined;
}

function movedTo(client: RepositoryClient, digest: Digest, response: RegistryResponse): URL {
  const location = response.header("location");
  const url = location === undefined ? null : URL.parse(location, response.url.href);
  if (url?.origin === response.url.origin) return url;
  const problem = "redirected the upload to another host; uploads are followed within the registry only";
  const context = client.address.failureContext("put-blob", digest);
  throw responseError(context, response, { problem, now: client.runtime.clock.now(), category: "permanent" });
}

/** Cancels a session (distribution-spec, "Cancel a blob upload"). Best effort: never fails. */
export async function cancelUpload(client: RepositoryClient, session: UploadSession, digest: string): Promise<void> {
  const request = {
    operation: "start-upload",
    subject: client.address.subject(digest),
    method: "DELETE",
    url: session.location,
    accept: [202, 204, 404, 405],
    scope: client.address.scope("pull,push"),
  } as const;
  await withTimeLimit(client.runtime.clock, { ms: CANCEL_MS }, (signal) => client.send(request, signal)).then(
    discard,
    () => undefined,
  );
}
