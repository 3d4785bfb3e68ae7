import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Digest } from "../../../src/oci/digest.ts";
import type { ContentFiles } from "./content-files.ts";

/** The part of a blob that a Range header selects (RFC 9110, 14.2): all, a part, or `unsatisfiable` beyond its end. */
export function parseRange(
  header: string | undefined,
  size: number,
): "whole" | "unsatisfiable" | { readonly start: number; readonly end: number } {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return "whole";
  const suffix = match[1] === "";
  const start = suffix ? Math.max(size - Number(match[2]), 0) : Number(match[1]);
  const end = suffix || match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (start >= size) return "unsatisfiable";
  return end < start ? "whole" : { start, end };
}

/** Streams a blob, or the requested range, from disk. */
export async function sendFile(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  files: ContentFiles,
  { digest, size }: { readonly digest: Digest; readonly size: number },
): Promise<void> {
  const headers = { "accept-ranges": "bytes", "content-type": "application/octet-stream", etag: `"${digest}"` };
  const range = parseRange(request.headers.range, size);
  if (range === "unsatisfiable") {
    response.writeHead(416, { ...headers, "content-range": `bytes */${size}`, "content-length": 0 }).end();
    return;
  }
  const { start, end } = range === "whole" ? { start: 0, end: size - 1 } : range;
  response.writeHead(range === "whole" ? 200 : 206, {
    ...headers,
    "docker-content-digest": digest,
    "content-length": end - start + 1,
    ...(range === "whole" ? {} : { "content-range": `bytes ${start}-${end}/${size}` }),
  });
  if (request.method === "HEAD" || size === 0) {
    response.end();
    await once(response, "close");
    return;
  }
  // A client that disconnects early ends the pipeline; no response can reach it.
  await pipeline(files.read(digest, { start, end }), response).catch(() => undefined);
}
