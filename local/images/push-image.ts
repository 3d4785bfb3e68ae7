import { Readable } from "node:stream";
import { request } from "undici";
import type { Dispatcher } from "undici";
import type { BlobContent, ImageContent, ManifestContent } from "./image-content.ts";

/** Where an image is pushed to. */
export interface PushPlace {
  /** `127.0.0.1:PORT`, over plain HTTP. */
  readonly registry: string;
  readonly repository: string;
  /** Without one, only content is pushed, all of it by digest. */
  readonly tag?: string;
  /** Value of the Authorization header. */
  readonly authorization?: string;
}

/** A registry refused a push. */
export class PushError extends Error {
  override readonly name = "PushError";
}

/** Pushes an image as a plain client does (distribution-spec, "Push"): blobs, manifests by digest, the root by its tag last. */
export async function pushImage(image: ImageContent, place: PushPlace, signal: AbortSignal): Promise<void> {
  const blobs = new Map(image.blobs.map((blob) => [blob.descriptor.digest, blob]));
  for (const blob of blobs.values()) await pushBlob(blob, place, signal);
  for (const manifest of image.manifests) {
    if (manifest !== image.root) await putManifest(manifest, manifest.descriptor.digest, place, signal);
  }
  await putManifest(image.root, place.tag ?? image.root.descriptor.digest, place, signal);
}

async function pushBlob({ descriptor, read }: BlobContent, place: PushPlace, signal: AbortSignal): Promise<void> {
  const { digest, size } = descriptor;
  const found = await send(place, { method: "HEAD", path: `blobs/${digest}` }, signal);
  if (found.statusCode === 200) return;
  const started = await send(place, { method: "POST", path: "blobs/uploads/" }, signal);
  const location = started.headers["location"];
  if (started.statusCode !== 202 || typeof location !== "string") throw refused("an upload", place, started);
  const url = new URL(location, `http://${place.registry}`);
  url.searchParams.set("digest", digest);
  const headers = { "content-length": String(size), "content-type": "application/octet-stream", ...authorized(place) };
  const body = Readable.from(read(), { objectMode: false });
  const stored = await request(url, { method: "PUT", headers, body, signal });
  await stored.body.dump();
  if (stored.statusCode !== 201) throw refused(`blob ${digest}`, place, stored);
}

async function putManifest(
  manifest: ManifestContent,
  reference: string,
  place: PushPlace,
  signal: AbortSignal,
): Promise<void> {
  const { mediaType } = manifest.descriptor;
  const put = { method: "PUT", path: `manifests/${reference}`, body: manifest.bytes, type: mediaType } as const;
  const answer = await send(place, put, signal);
  if (answer.statusCode !== 201) throw refused(`manifest ${reference}`, place, answer);
}

interface Sent {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  readonly body?: Uint8Array;
  readonly type?: string;
}

async function send(
  place: PushPlace,
  { method, path, body, type }: Sent,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const headers = { ...authorized(place), ...(type === undefined ? {} : { "content-type": type }) };
  const url = `http://${place.registry}/v2/${place.repository}/${path}`;
  const answer = await request(url, { method, headers, body: body ?? null, signal });
  await answer.body.dump();
  return answer;
}

function authorized({ authorization }: PushPlace): Record<string, string> {
  return authorization === undefined ? {} : { authorization };
}

function refused(what: string, { registry, repository }: PushPlace, { statusCode }: { statusCode: number }): PushError {
  return new PushError(`${registry}/${repository} refused ${what} with HTTP ${statusCode}`);
}
