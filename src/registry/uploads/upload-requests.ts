import type { Descriptor } from "../../oci/descriptor.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import type { Digest } from "../../oci/digest.ts";
import { discard } from "../http/response.ts";
import type { Answer } from "../http/response.ts";
import { answerError } from "../errors/typed-failure.ts";
import type { RegistryRequest } from "../client/send-once.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { withTimeLimit } from "../../async/time-limit.ts";
import { sessionOf } from "./upload-session.ts";
import type { UploadSession } from "./upload-session.ts";

/** What opening an upload can give: a session, or, when a mount was asked for and granted, the blob itself. */
export type StartedUpload =
  | { readonly kind: "session"; readonly session: UploadSession }
  | { readonly kind: "mounted" };

/** Redirects that keep method and body (RFC 9110, 15.4.8 and 15.4.9). */
const KEEPING_METHOD: readonly number[] = [307, 308];
/** How long a session that is not needed may take to be cancelled. */
const CANCEL_MS = 2_000;

/**
 * Opens an upload session, or mounts the blob from another repository in the same request (distribution-spec, "POST then
 * PUT", "Mounting a blob from another repository"). Sent once: who needs a session asks again.
 */
export async function startUpload(
  client: RepositoryClient,
  descriptor: Descriptor,
  mountFrom: RepositoryName | undefined,
  signal: AbortSignal,
): Promise<StartedUpload> {
  const url = client.url("blobs/uploads/");
  if (mountFrom !== undefined) {
    url.searchParams.set("mount", descriptor.digest);
    url.searchParams.set("from", mountFrom);
  }
  const answer = await client.send(
    {
      operation: "start-upload",
      subject: client.subject(descriptor.digest),
      method: "POST",
      url,
      accept: mountFrom === undefined ? [202] : [201, 202],
      scope: client.scope("pull,push", mountFrom),
    },
    signal,
  );
  await discard(answer);
  if (answer.status === 201) return { kind: "mounted" };
  return { kind: "session", session: sessionOf(client, descriptor.digest, answer) };
}

/**
 * Sends the whole blob and closes the session with its digest, in one request of exactly `descriptor.size` bytes.
 * @returns where it has to be sent instead, when the registry redirects it within its origin: the bytes are gone by then.
 */
export async function putBlob(
  client: RepositoryClient,
  url: URL,
  blob: {
    readonly descriptor: Descriptor;
    readonly bytes: Uint8Array | AsyncIterable<Uint8Array>;
    readonly onAnswered?: RegistryRequest["onAnswered"];
  },
  signal: AbortSignal,
): Promise<URL | undefined> {
  const { digest, size } = blob.descriptor;
  const answer = await client.send(
    {
      operation: "put-blob",
      subject: client.subject(digest),
      method: "PUT",
      url,
      headers: { "content-type": "application/octet-stream", "content-length": String(size) },
      body: size === 0 ? new Uint8Array() : blob.bytes,
      commitBytes: size,
      ...(blob.onAnswered === undefined ? {} : { onAnswered: blob.onAnswered }),
      accept: [201, 204, ...KEEPING_METHOD],
      scope: client.scope("pull,push"),
    },
    signal,
  );
  await discard(answer);
  return KEEPING_METHOD.includes(answer.status) ? movedTo(client, digest, answer) : undefined;
}

function movedTo(client: RepositoryClient, digest: Digest, answer: Answer): URL {
  const location = answer.header("location");
  const url = location === undefined ? null : URL.parse(location, answer.url.href);
  if (url?.origin === answer.url.origin) return url;
  const problem = "redirected the upload to another host; uploads are followed within the registry only";
  const occasion = client.occasion("put-blob", digest);
  throw answerError(occasion, answer, { problem, now: client.clock.now(), category: "permanent" });
}

/** Gives a session up, as far as the registry lets us (distribution-spec, "Cancel a blob upload"). Never fails. */
export async function cancelUpload(client: RepositoryClient, session: UploadSession, digest: string): Promise<void> {
  const request = {
    operation: "start-upload",
    subject: client.subject(digest),
    method: "DELETE",
    url: session.location,
    accept: [202, 204, 404, 405],
    scope: client.scope("pull,push"),
  } as const;
  await withTimeLimit(client.clock, CANCEL_MS, (signal) => client.send(request, signal)).then(discard, () => undefined);
}
