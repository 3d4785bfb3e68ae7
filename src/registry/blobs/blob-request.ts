import type { Descriptor } from "../../oci/descriptor.ts";
import { discard } from "../http/response.ts";
import type { RegistryResponse } from "../http/response.ts";
import type { RegistryRequest } from "../client/registry-request.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/** A response with the bytes of a blob. */
export interface OpenedBlob {
  readonly response: RegistryResponse;
  /** Bytes to drop first, when the response starts at byte 0 instead of the requested offset. */
  readonly skip: number;
}

/** Bytes `start` (inclusive) to `end` (exclusive) of a blob. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/;

/** Opens a whole blob. Retried. */
export async function openBlob(
  client: RepositoryClient,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<OpenedBlob> {
  const response = await client.sendRetrying(blobRequest(client, descriptor), signal);
  return { response, skip: 0 };
}

/**
 * Resumes a blob at an offset (distribution-spec, "Pulling blobs"), through the registry: the signed URL it redirected to
 * before may have expired. Not retried. When the registry does not serve exactly this range, the whole blob is requested.
 */
export async function resumeBlob(
  client: RepositoryClient,
  descriptor: Descriptor,
  offset: number,
  signal: AbortSignal,
): Promise<OpenedBlob> {
  if (offset > 0) {
    const range = { start: offset, end: descriptor.size };
    const response = await client.send(blobRequest(client, descriptor, range), signal);
    if (response.status === 200) return { response, skip: offset };
    if (response.status === 206 && isRange(response, range, descriptor)) return { response, skip: 0 };
    await discard(response);
  }
  const response = await client.send(blobRequest(client, descriptor), signal);
  return { response, skip: offset };
}

/** Opens one range of a blob. Not retried. Undefined when the registry does not serve exactly this range. */
export async function openRange(
  client: RepositoryClient,
  descriptor: Descriptor,
  range: ByteRange,
  signal: AbortSignal,
): Promise<RegistryResponse | undefined> {
  const response = await client.send(blobRequest(client, descriptor, range), signal);
  if (response.status === 206 && isRange(response, range, descriptor)) return response;
  await discard(response);
  return undefined;
}

function blobRequest(client: RepositoryClient, descriptor: Descriptor, range?: ByteRange): RegistryRequest {
  const last = range === undefined || range.end === descriptor.size ? "" : range.end - 1;
  const header = range === undefined ? {} : { range: `bytes=${range.start}-${last}` };
  return {
    operation: "open-blob",
    subject: client.address.subject(descriptor.digest),
    method: "GET",
    url: client.address.url(`blobs/${descriptor.digest}`),
    // A Content-Encoding of the response is ignored: the digest shows whether the bytes are right.
    headers: { "accept-encoding": "identity", ...header },
    accept: range === undefined ? [200] : [200, 206, 416],
    scope: client.address.scope("pull"),
  };
}

/** True when the response has the requested part of the blob (RFC 9110, 14.4). */
function isRange(response: RegistryResponse, { start, end }: ByteRange, { size }: Descriptor): boolean {
  const range = CONTENT_RANGE.exec(response.header("content-range") ?? "");
  if (range === null || Number(range[1]) !== start || Number(range[2]) !== end - 1) return false;
  return range[3] === "*" || Number(range[3]) === size;
}
