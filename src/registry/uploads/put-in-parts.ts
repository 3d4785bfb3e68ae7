import type { Descriptor } from "../../oci/descriptor.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { discard } from "../http/response.ts";
import { responseError } from "../errors/typed-failure.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { partBytes, SMALLEST_PART_BYTES } from "../resilience/body-limit.ts";
import { queryUploadStatus, closingUrl, sessionOf, storedBytes } from "./upload-session.ts";
import type { UploadSession, UploadStatus } from "./upload-session.ts";

interface PartsUpload {
  readonly client: RepositoryClient;
  readonly descriptor: Descriptor;
}

interface Part {
  /** Offset in the blob. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Tries of one part; before each retry, the session must report how much it has. */
const MAX_TRIES = 3;

/**
 * Sends a blob in parts (distribution-spec, "Pushing a blob in chunks"), from the offset of the session, and closes the session.
 * A part that breaks off is resumed; one that is too large is halved.
 * @param bytes the whole blob from byte 0: what the session has already is skipped, after it was hashed.
 * @throws {RegistryError}
 */
export async function putInParts(
  client: RepositoryClient,
  { session: started, offset }: UploadStatus,
  { descriptor, bytes }: { readonly descriptor: Descriptor; readonly bytes: AsyncIterable<Uint8Array> },
  signal: AbortSignal,
): Promise<void> {
  let session = started;
  const size = (): number => partBytes(client.runtime.limits.bodyLimit, session.minPartBytes);
  for await (const part of partsOf(bytes, offset, size)) {
    session = await sendPartRetrying({ client, descriptor }, session, part, signal);
  }
  const response = await client.send(
    {
      operation: "put-blob",
      subject: client.address.subject(descriptor.digest),
      method: "PUT",
      url: closingUrl(session, descriptor.digest),
      headers: { "content-type": "application/octet-stream", "content-length": "0" },
      body: new Uint8Array(),
      commitBytes: descriptor.size,
      accept: [201, 204],
      scope: client.address.scope("pull,push"),
    },
    signal,
  );
  await discard(response);
}

/** Splits a blob into parts, from `offset` on. `size` gives the size of the next part. */
async function* partsOf(bytes: AsyncIterable<Uint8Array>, offset: number, size: () => number): AsyncGenerator<Part> {
  let at = offset;
  let left = offset;
  let held: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    const fresh = chunk.subarray(Math.min(left, chunk.byteLength));
    left -= chunk.byteLength - fresh.byteLength;
    held.push(fresh);
    length += fresh.byteLength;
    for (let want = size(); length >= want; want = size()) {
      const whole = Buffer.concat(held);
      yield { at, bytes: whole.subarray(0, want) };
      at += want;
      held = [whole.subarray(want)];
      length -= want;
    }
  }
  if (length > 0) yield { at, bytes: Buffer.concat(held) };
}

/** Sends a part, and after a break the rest of it that has not arrived. */
async function sendPartRetrying(
  upload: PartsUpload,
  started: UploadSession,
  whole: Part,
  signal: AbortSignal,
): Promise<UploadSession> {
  let session = started;
  let part = whole;
  for (let tries = 1; ; tries++) {
    try {
      return await sendPart(upload, session, part, signal);
    } catch (error) {
      const isBreak = error instanceof RegistryError && error.category === "transient" && tries < MAX_TRIES;
      const status = isBreak ? await queryUploadStatus(upload.client, session, upload.descriptor.digest) : undefined;
      const arrived = status === undefined ? -1 : status.offset - part.at;
      if (status === undefined || arrived < 0 || arrived > part.bytes.byteLength) throw error;
      session = status.session;
      part = { at: status.offset, bytes: part.bytes.subarray(arrived) };
      if (part.bytes.byteLength === 0) return session;
    }
  }
}

async function sendPart(
  upload: PartsUpload,
  session: UploadSession,
  part: Part,
  signal: AbortSignal,
): Promise<UploadSession> {
  const { client, descriptor } = upload;
  const { at, bytes } = part;
  const end = at + bytes.byteLength;
  const response = await client.send(
    {
      operation: "put-blob",
      subject: client.address.subject(descriptor.digest),
      method: "PATCH",
      url: session.location,
      headers: {
        "content-type": "application/octet-stream",
        "content-length": String(bytes.byteLength),
        "content-range": `${at}-${end - 1}`,
      },
      body: bytes,
      accept: [201, 202, 204, ...(bytes.byteLength > SMALLEST_PART_BYTES ? [413] : [])],
      scope: client.address.scope("pull,push"),
    },
    signal,
  );
  await discard(response);
  if (response.status === 413) return sendPartInHalves(upload, session, part, signal);
  const stored = storedBytes(response);
  if (stored === undefined || stored === end) return sessionOf(client, descriptor.digest, response, session);
  const problem = `the registry has ${stored} bytes of the blob after ${end} were sent`;
  const context = client.address.failureContext("put-blob", descriptor.digest);
  throw responseError(context, response, { problem, now: client.runtime.clock.now(), category: "transient" });
}

async function sendPartInHalves(
  upload: PartsUpload,
  session: UploadSession,
  { at, bytes }: Part,
  signal: AbortSignal,
): Promise<UploadSession> {
  const { bodyLimit } = upload.client.runtime.limits;
  bodyLimit.smallestRefusedBytes = Math.min(bodyLimit.smallestRefusedBytes, bytes.byteLength);
  const half = Math.ceil(bytes.byteLength / 2);
  const next = await sendPart(upload, session, { at, bytes: bytes.subarray(0, half) }, signal);
  return sendPart(upload, next, { at: at + half, bytes: bytes.subarray(half) }, signal);
}
