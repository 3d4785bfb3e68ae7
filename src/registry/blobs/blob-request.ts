import type { Descriptor } from "../../oci/descriptor.ts";
import { discard } from "../http/response.ts";
import type { Answer } from "../http/response.ts";
import type { RegistryRequest } from "../client/send-once.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/** A blob's bytes from an offset on. */
export interface Attachment {
  readonly answer: Answer;
  /** Bytes to drop first: the registry began at 0, because it ignores ranges or did not give the one asked for. */
  readonly skip: number;
}

/** Bytes `start` to `end` of a blob, `end` not included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/;

/** Opens a whole blob; tried again in place. */
export async function openWhole(
  client: RepositoryClient,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<Attachment> {
  const answer = await client.sendRetrying(blobRequest(client, descriptor), signal);
  return { answer, skip: 0 };
}

/**
 * Goes on with a blob at an offset (distribution-spec, "Pulling blobs"), through the registry: a link it redirected to
 * before may have expired. Sent once. A registry that has another idea of the range is asked for the whole.
 */
export async function attachBlob(
  client: RepositoryClient,
  descriptor: Descriptor,
  offset: number,
  signal: AbortSignal,
): Promise<Attachment> {
  if (offset > 0) {
    const range = { start: offset, end: descriptor.size };
    const answer = await client.send(blobRequest(client, descriptor, range), signal);
    if (answer.status === 200) return { answer, skip: offset };
    if (answer.status === 206 && isRange(answer, range, descriptor)) return { answer, skip: 0 };
    await discard(answer);
  }
  const answer = await client.send(blobRequest(client, descriptor), signal);
  return { answer, skip: offset };
}

/** One range of a blob, sent once; undefined when the registry answers with anything but exactly this range. */
export async function openRange(
  client: RepositoryClient,
  descriptor: Descriptor,
  range: ByteRange,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const answer = await client.send(blobRequest(client, descriptor, range), signal);
  if (answer.status === 206 && isRange(answer, range, descriptor)) return answer;
  await discard(answer);
  return undefined;
}

function blobRequest(client: RepositoryClient, descriptor: Descriptor, range?: ByteRange): RegistryRequest {
  const last = range === undefined || range.end === descriptor.size ? "" : range.end - 1;
  const header = range === undefined ? {} : { range: `bytes=${range.start}-${last}` };
  return {
    operation: "open-blob",
    subject: client.subject(descriptor.digest),
    method: "GET",
    url: client.url(`blobs/${descriptor.digest}`),
    // What an answer says of its encoding is no matter: the digest says whether these are the bytes.
    headers: { "accept-encoding": "identity", ...header },
    accept: range === undefined ? [200] : [200, 206, 416],
    scope: client.scope("pull"),
  };
}

/** Is the answer the part of the blob that was asked for (RFC 9110, 14.4)? */
function isRange(answer: Answer, { start, end }: ByteRange, { size }: Descriptor): boolean {
  const range = CONTENT_RANGE.exec(answer.header("content-range") ?? "");
  if (range === null || Number(range[1]) !== start || Number(range[2]) !== end - 1) return false;
  return range[3] === "*" || Number(range[3]) === size;
}
