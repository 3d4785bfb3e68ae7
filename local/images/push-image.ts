import { Readable } from "node:stream";
import { request } from "undici";
import type { Dispatcher } from "undici";
import { concurrently } from "../../src/async/run-concurrently.ts";
import type { BlobContent, ImageContent, ManifestContent } from "./image-content.ts";

/** Where an image is pushed to. */
export interface PushPlace {
  /** `127.0.0.1:PORT`, over plain HTTP. */
  readonly registry: string;
  readonly repository: string;
  /** Without a tag, everything is pushed by digest. */
  readonly tag?: string;
  /** Value of the Authorization header. */
  readonly authorization?: string;
}

/** A push failed; the message says where, what, and what the registry responded. */
export class PushError extends Error {
  override readonly name = "PushError";
}

/** Blobs sent concurrently. */
const STREAMS = 4;
/** Limit of an error body, in bytes; the rest is dropped. */
const EXPLANATION_BYTES = 16_384;

/**
 * Pushes an image as a simple client does (distribution-spec, "Push"): missing blobs, then manifests by digest, children
 * first, and last the root under its tag. Shares no code with the client that it is used to test.
 * @throws {PushError} when the registry cannot be reached or refuses something.
 */
export async function pushImage(image: ImageContent, place: PushPlace, signal: AbortSignal): Promise<void> {
  const blobs = [...new Map(image.blobs.map((blob) => [blob.descriptor.digest, blob])).values()];
  await concurrently(blobs, STREAMS, (blob, signal) => pushBlob(blob, place, signal), signal);
  const manifests = new Map(image.manifests.map((manifest) => [manifest.descriptor.digest, manifest]));
  const { root } = image;
  manifests.delete(root.descriptor.digest);
  for (const [digest, manifest] of manifests) await putManifest(manifest, digest, place, signal);
  await putManifest(root, place.tag ?? root.descriptor.digest, place, signal);
}

async function pushBlob({ descriptor, read }: BlobContent, place: PushPlace, signal: AbortSignal): Promise<void> {
  const { digest, size } = descriptor;
  const blobs = `http://${place.registry}/v2/${place.repository}/blobs/`;
  const what = `blob ${digest}`;
  const found = await send(place, { what, method: "HEAD", url: `${blobs}${digest}`, accepts: [200, 404] }, signal);
  if (found.status === 200) return;
  const start = { what: `an upload of ${what}`, method: "POST", url: `${blobs}uploads/`, accepts: [202] } as const;
  const url = uploadUrl(await send(place, start, signal), place);
  url.searchParams.set("digest", digest);
  const headers = { "content-length": String(size), "content-type": "application/octet-stream" };
  const body = Readable.from(read(), { objectMode: false });
  try {
    await send(place, { what, method: "PUT", url: url.href, headers, body, accepts: [201] }, signal);
  } finally {
    body.destroy();
  }
}

/** The URL to send the blob to: the session's Location, which may be relative, and must not be on another host. */
function uploadUrl({ location }: Answer, { registry, repository }: PushPlace): URL {
  const base = `http://${registry}`;
  if (location === undefined || !URL.canParse(location, base))
    throw new PushError(`${registry}/${repository} started an upload without saying where (Location)`);
  const url = new URL(location, base);
  if (url.origin !== new URL(base).origin)
    throw new PushError(`${registry}/${repository} sends uploads to ${url.origin}; this client stays where it is`);
  return url;
}

async function putManifest(
  { descriptor, bytes }: ManifestContent,
  reference: string,
  place: PushPlace,
  signal: AbortSignal,
): Promise<void> {
  const url = `http://${place.registry}/v2/${place.repository}/manifests/${reference}`;
  const headers = { "content-type": descriptor.mediaType };
  const what = `manifest ${reference}`;
  await send(place, { what, method: "PUT", url, headers, body: bytes, accepts: [201] }, signal);
}

interface Sent {
  /** For messages. */
  readonly what: string;
  readonly method: Dispatcher.HttpMethod;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Readable;
  /** The expected statuses; any other one is an error. */
  readonly accepts: readonly number[];
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
}

async function send(place: PushPlace, sent: Sent, signal: AbortSignal): Promise<Answer> {
  const { what, method, url, body, accepts } = sent;
  const where = `${place.registry}/${place.repository}`;
  const headers = { ...authorized(place), ...sent.headers };
  const answer = await request(url, { method, headers, body: body ?? null, signal }).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new PushError(
      `the connection to ${where} failed during ${what}: ${problem}; is the registry running there?`,
      { cause },
    );
  });
  if (!accepts.includes(answer.statusCode)) {
    const explanation = method === "HEAD" ? "" : await explanationOf(answer);
    throw new PushError(`${where} refused ${what} with HTTP ${answer.statusCode}${explanation}`);
  }
  await answer.body.dump();
  const { location } = answer.headers;
  return { status: answer.statusCode, location: typeof location === "string" ? location : undefined };
}

/** The registry's explanation, shortened; empty if it gives none. The body is always read or destroyed. */
async function explanationOf({ body }: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) break;
      chunks.push(Buffer.from(chunk));
      length += chunk.byteLength;
      if (length >= EXPLANATION_BYTES) break;
    }
  } catch {
    // Then only the status explains the failure.
  }
  const text = Buffer.concat(chunks).toString().replaceAll(/\s+/g, " ").trim();
  return text === "" ? "" : `: ${text.slice(0, 300)}`;
}

function authorized({ authorization }: PushPlace): Record<string, string> {
  return authorization === undefined ? {} : { authorization };
}
