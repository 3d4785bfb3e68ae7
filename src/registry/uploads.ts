import type { Descriptor } from "../oci/descriptor.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { discard } from "./answer.ts";
import type { Answer } from "./answer.ts";
import { answerError } from "./failure.ts";
import type { RepositoryClient } from "./repository-client.ts";
import { withTimeLimit } from "./time-limit.ts";

/** An open upload session: a value, not an object with state (distribution-spec, "Pushing blobs"). */
export interface UploadSession {
  readonly location: URL;
}

/** What opening an upload can give: a session, or, when a mount was asked for and granted, the blob itself. */
export type StartedUpload =
  | { readonly kind: "session"; readonly session: UploadSession }
  | { readonly kind: "mounted" };

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
  return { kind: "session", session: { location: locationOf(client, descriptor, answer) } };
}

/** Sends the whole blob and closes the session with its digest, in one request of exactly `descriptor.size` bytes. */
export async function putBlob(
  client: RepositoryClient,
  session: UploadSession,
  blob: { readonly descriptor: Descriptor; readonly bytes: AsyncIterable<Uint8Array> },
  signal: AbortSignal,
): Promise<void> {
  const { digest, size } = blob.descriptor;
  const url = new URL(session.location);
  url.searchParams.append("digest", digest);
  const answer = await client.send(
    {
      operation: "put-blob",
      subject: client.subject(digest),
      method: "PUT",
      url,
      headers: { "content-type": "application/octet-stream", "content-length": String(size) },
      body: size === 0 ? new Uint8Array() : blob.bytes,
      accept: [201, 204],
      scope: client.scope("pull,push"),
    },
    signal,
  );
  await discard(answer);
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

/** Where the session lives: relative to the answer's own URL, and only on a host we were configured to talk to. */
function locationOf(client: RepositoryClient, descriptor: Descriptor, answer: Answer): URL {
  const location = answer.header("location");
  if (location === undefined || !URL.canParse(location, answer.url.href)) {
    const occasion = client.occasion("start-upload", descriptor.digest);
    const problem = "the registry opened an upload without a usable Location";
    throw answerError(occasion, answer, { problem, now: client.clock.now(), category: "transient" });
  }
  const url = new URL(location, answer.url);
  client.guard(url);
  return url;
}
