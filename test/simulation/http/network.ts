import { errors } from "undici";
import type { Connections } from "../../../src/registry/http/connections.ts";
import type { HttpResponse, HttpRequest } from "../../../src/registry/http/http-message.ts";
import { answeringConnections } from "../../fixtures/servers/answering-connections.ts";
import type { Cloud } from "../cloud/cloud.ts";
import { shortDigests } from "../world/short-digests.ts";
import type { Process } from "../world/process.ts";
import type { Outage, Service, World } from "../world/world.ts";
import { createBody } from "./body.ts";
import type { BodyFate } from "./body.ts";
import { refusal } from "./site.ts";
import type { Arrived, Reply, Site } from "./site.ts";

/** The `headersTimeout` of our connections, in milliseconds. */
const HEADERS_TIMEOUT_MS = 60_000;
/** Values of Retry-After, in seconds. */
const RETRY_AFTER_SECONDS = ["1", "2", "20"];

/** The network as one process sees it: each site of the cloud at its host, each request with the odds of the world. */
export function createNetwork(cloud: Cloud, process: Process): Connections {
  return answeringConnections((request) => exchange(cloud, process, request));
}

async function exchange(cloud: Cloud, process: Process, request: HttpRequest): Promise<HttpResponse> {
  const { method, signal } = request;
  signal.throwIfAborted();
  const { world } = cloud;
  const url = new URL(request.path, request.origin);
  const site = cloud.sites.get(url.host);
  if (site === undefined) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${url.host}`), { code: "ENOTFOUND" });
  cloud.onRequest(site.service, request);
  const end = beginUpload(cloud, process, url);
  if (cloud.preCopying.has(process)) watchPreCopy(cloud, url, request);
  try {
    const body = await sent(cloud, process, site.service, request);
    const arrived: Arrived = { method, url, headers: request.headers, body };
    const isRead = method === "GET" || method === "HEAD";
    const isTag = method === "PUT" && /\/manifests\/(?!sha256:)/.test(url.pathname);
    const isSilent = world.random() < 0.5;
    const answer = withFaults(world, site, () => {
      end();
      return cloud.script.reply?.(site.service, arrived) ?? site.answer(arrived);
    });
    const {
      status,
      headers = {},
      body: bytes = new Uint8Array(),
    } = await process.call({
      service: site.service,
      what: () => `${method} ${site.service} ${shortDigests(url.pathname + url.search)}`,
      effect: answer,
      failure: () => (isSilent ? new errors.HeadersTimeoutError() : new errors.SocketError("other side closed")),
      tookMs: cloud.script.tookMs?.(site.service, request) ?? 0,
      timeoutMs: isSilent ? HEADERS_TIMEOUT_MS : world.random() * 1_000,
      signal,
      isRead,
      isPrompt: isTag,
      weight: isTag ? 1 : 0.2,
    });
    const fate = bodyFate(world, world.outage(site.service));
    return {
      statusCode: status,
      headers,
      body: createBody(process, method === "HEAD" ? new Uint8Array() : bytes, fate, signal),
    };
  } finally {
    end();
  }
}

/** Reads the whole body of a request. @throws when its length is not Content-Length. */
async function sent(
  { world, deployment, script }: Cloud,
  process: Process,
  service: Service,
  request: HttpRequest,
): Promise<Uint8Array> {
  const { body = new Uint8Array(), headers, signal } = request;
  if (body instanceof Uint8Array || typeof body === "string") return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    chunks.push(chunk);
    const bytesPerMs = script.bytesPerMs?.(service);
    const ms = bytesPerMs === undefined ? world.random() * deployment.uploadMs : chunk.byteLength / bytesPerMs;
    await process.sleep(ms, signal);
  }
  const bytes = chunks.length === 1 ? (chunks[0] ?? new Uint8Array()) : Buffer.concat(chunks);
  if (bytes.byteLength !== Number(headers["content-length"])) throw new errors.RequestContentLengthMismatchError();
  return bytes;
}

/** Records which process sends which blob (I4). @returns a function that ends the record. */
function beginUpload({ uploads, world }: Cloud, process: Process, url: URL): () => void {
  const digest = url.searchParams.get("digest");
  if (digest === null) return () => undefined;
  const key = `${placeOf(url)} ${digest}`;
  const other = uploads.get(key);
  if (other !== process && other?.isAwake() === true && process.isAwake())
    world.violate("I4", `${process.name} sends ${shortDigests(key)} beside ${other.name}`);
  uploads.set(key, process);
  return () => {
    if (uploads.get(key) === process) uploads.delete(key);
  };
}

/** A pre-copy writes blobs only (I16). Notes what it sends. */
function watchPreCopy({ world, preCopied }: Cloud, url: URL, { method, headers }: HttpRequest): void {
  const isRead = method === "GET" || method === "HEAD";
  if (!isRead && url.pathname.includes("/manifests/"))
    world.violate("I16", `a pre-copy sends ${method} ${shortDigests(url.pathname)}`);
  const digest = url.searchParams.get("digest");
  if (method === "PUT" && digest !== null)
    preCopied.push({ place: placeOf(url), digest, bytes: Number(headers["content-length"]) });
}

/** Host and repository of an upload: the id of its session contains the repository. */
function placeOf(url: URL): string {
  return `${url.host} ${/\/u\d+-([^/]*)$/.exec(url.pathname)?.[1] ?? ""}`;
}

/** The answer of a site, or an error of the site or of a gateway, which may come after the request took effect. */
function withFaults(world: World, site: Site, answer: () => Reply): () => Reply {
  const { busy, broken } = world.odds();
  const draw = world.random();
  const share = world.random();
  return () => {
    const outage = world.outage(site.service);
    if (outage === "forbidden") return refusal(403, "DENIED");
    if (outage === "failing") return refusal(500, "UNKNOWN");
    if (draw < busy) return busyReply(share);
    if (draw >= busy + broken) return answer();
    if (share < 0.5) answer();
    return refusal([500, 502, 504][Math.floor(share * 6) % 3] ?? 500, "UNKNOWN");
  };
}

/** RFC 6585, section 4, and RFC 9110, section 15.6.4, with or without Retry-After: Google's quotas per minute send none. */
function busyReply(share: number): Reply {
  const after = RETRY_AFTER_SECONDS[Math.floor(share * 8)];
  const headers = after === undefined ? {} : { "retry-after": after };
  return share < 0.6 ? refusal(429, "TOOMANYREQUESTS", headers) : refusal(503, "UNAVAILABLE", headers);
}

function bodyFate(world: World, outage: Outage["kind"] | undefined): BodyFate {
  if (outage === "dripping") return "drips";
  const draw = world.random();
  const { body } = world.odds();
  if (draw >= body) return "whole";
  return (["ends-early", "silent", "drips"] as const)[Math.floor((draw / body) * 3)] ?? "whole";
}
