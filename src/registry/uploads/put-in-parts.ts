import type { Descriptor } from "../../oci/descriptor.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { discard } from "../http/response.ts";
import { answerError } from "../errors/typed-failure.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { partBytes, SMALLEST_PART_BYTES } from "../resilience/body-limit.ts";
import { askStatus, closingUrl, sessionOf, storedBytes } from "./upload-session.ts";
import type { UploadSession, UploadStatus } from "./upload-session.ts";

/** Which blob goes where. */
interface Way {
  readonly client: RepositoryClient;
  readonly descriptor: Descriptor;
}

/** Some bytes of a blob, and where in it they begin. */
interface Part {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Times one part is sent, if the session says in between how far it is. */
const MAX_TRIES = 3;

/**
 * Sends a blob in parts (distribution-spec, "Pushing a blob in chunks"), from where the session is, and closes it. A part that
 * breaks is resumed in the same session; one that is too large is halved.
 * @param bytes the whole blob, from its start: what is there already is read over, so that every byte is hashed.
 */
export async function putInParts(
  client: RepositoryClient,
  { session: started, offset }: UploadStatus,
  { descriptor, bytes }: { readonly descriptor: Descriptor; readonly bytes: AsyncIterable<Uint8Array> },
  signal: AbortSignal,
): Promise<void> {
  let session = started;
  const size = (): number => partBytes(client.traffic.bodies, session.leastPartBytes);
  for await (const part of partsOf(bytes, offset, size)) {
    session = await sendSurely({ client, descriptor }, session, part, signal);
  }
  const answer = await client.send(
    {
      operation: "put-blob",
      subject: client.subject(descriptor.digest),
      method: "PUT",
      url: closingUrl(session, descriptor.digest),
      headers: { "content-type": "application/octet-stream", "content-length": "0" },
      body: new Uint8Array(),
      commitBytes: descriptor.size,
      accept: [201, 204],
      scope: client.scope("pull,push"),
    },
    signal,
  );
  await discard(answer);
}

/** Cuts a blob into parts, beginning at `offset`; how large the next one is is asked for each. */
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

/** Sends a part; after a break, what of it has not arrived. */
async function sendSurely(way: Way, started: UploadSession, whole: Part, signal: AbortSignal): Promise<UploadSession> {
  let session = started;
  let part = whole;
  for (let tries = 1; ; tries++) {
    try {
      return await send(way, session, part, signal);
    } catch (error) {
      const isBreak = error instanceof RegistryError && error.category === "transient" && tries < MAX_TRIES;
      const status = isBreak ? await askStatus(way.client, session, way.descriptor.digest) : undefined;
      const arrived = status === undefined ? -1 : status.offset - part.at;
      if (status === undefined || arrived < 0 || arrived > part.bytes.byteLength) throw error;
      session = status.session;
      part = { at: status.offset, bytes: part.bytes.subarray(arrived) };
      if (part.bytes.byteLength === 0) return session;
    }
  }
}

async function send(way: Way, session: UploadSession, part: Part, signal: AbortSignal): Promise<UploadSession> {
  const { client, descriptor } = way;
  const { at, bytes } = part;
  const end = at + bytes.byteLength;
  const answer = await client.send(
    {
      operation: "put-blob",
      subject: client.subject(descriptor.digest),
      method: "PATCH",
      url: session.location,
      headers: {
        "content-type": "application/octet-stream",
        "content-length": String(bytes.byteLength),
        "content-range": `${at}-${end - 1}`,
      },
      body: bytes,
      accept: [201, 202, 204, ...(bytes.byteLength > SMALLEST_PART_BYTES ? [413] : [])],
      scope: client.scope("pull,push"),
    },
    signal,
  );
  await discard(answer);
  if (answer.status === 413) return sendHalves(way, session, part, signal);
  const stored = storedBytes(answer);
  if (stored === undefined || stored === end) return sessionOf(client, descriptor.digest, answer, session);
  const problem = `the registry has ${stored} bytes of the blob after ${end} were sent`;
  const occasion = client.occasion("put-blob", descriptor.digest);
  throw answerError(occasion, answer, { problem, now: client.clock.now(), category: "transient" });
}

async function sendHalves(
  way: Way,
  session: UploadSession,
  { at, bytes }: Part,
  signal: AbortSignal,
): Promise<UploadSession> {
  const { bodies } = way.client.traffic;
  bodies.refused = Math.min(bodies.refused, bytes.byteLength);
  const half = Math.ceil(bytes.byteLength / 2);
  const next = await send(way, session, { at, bytes: bytes.subarray(0, half) }, signal);
  return send(way, next, { at: at + half, bytes: bytes.subarray(half) }, signal);
}
