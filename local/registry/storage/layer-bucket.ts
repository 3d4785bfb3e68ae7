import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isDigest } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { startHttpServer } from "../../../src/loopback/http-server.ts";
import type { RunningServer } from "../../../src/loopback/http-server.ts";
import type { ContentFiles } from "./content-files.ts";
import { sendFile } from "./send-file.ts";

/** The S3 bucket that ECR redirects downloads to: another origin, with signed links that are valid for GET only and expire. */
export interface LayerBucket extends RunningServer {
  /** A link to a blob, valid for an hour. */
  sign(digest: Digest): string;
}

const LIFE_SECONDS = 3_600;

export async function startLayerBucket(files: ContentFiles, now: () => number = Date.now): Promise<LayerBucket> {
  const key = randomBytes(32);
  const signature = (digest: string, date: string): string =>
    createHmac("sha256", key).update(`${digest}\n${date}`).digest("hex");
  const server = await startHttpServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://bucket");
    const digest = decodeURIComponent(url.pathname.slice(1));
    const date = url.searchParams.get("X-Amz-Date") ?? "";
    if (request.headers.authorization !== undefined) {
      return deny(
        response,
        400,
        "InvalidArgument",
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
      );
    }
    if (request.method !== "GET" || !equal(url.searchParams.get("X-Amz-Signature") ?? "", signature(digest, date))) {
      return deny(
        response,
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
      );
    }
    if (now() > Number(date) + LIFE_SECONDS * 1_000) return deny(response, 403, "AccessDenied", "Request has expired");
    const size = isDigest(digest) ? await files.size(digest) : undefined;
    if (!isDigest(digest) || size === undefined)
      return deny(response, 404, "NoSuchKey", "The specified key does not exist.");
    return sendFile({ request, response }, files, { digest, size });
  }

  return {
    ...server,
    sign(digest) {
      const date = String(now());
      const query = new URLSearchParams({
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Date": date,
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Expires": String(LIFE_SECONDS),
        "X-Amz-Signature": signature(digest, date),
      });
      return `http://${server.host}/${encodeURIComponent(digest)}?${query.toString()}`;
    },
  };
}

function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function deny(response: ServerResponse, status: number, code: string, message: string): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  response
    .writeHead(status, { "content-type": "application/xml", "content-length": Buffer.byteLength(body) })
    .end(body);
}
