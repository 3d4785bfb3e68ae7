import { digestFrom, methodNotAllowed } from "./registry-context.ts";
import type { Exchange, RegistryContext } from "./registry-context.ts";
import { ErrorResponse } from "../protocol/error-response.ts";
import { sendFile } from "../storage/send-file.ts";

/** `/v2/<name>/blobs/<digest>` */
export async function blobRoute(exchange: Exchange, parts: RegistryContext, reference: string): Promise<void> {
  const digest = digestFrom(reference);
  const { method, repository, response } = exchange;
  const { index, files, profile } = parts;
  const scope = profile.blobs.scope(repository);
  const state = index.find(scope);
  const size = state?.blobs.has(digest) ? await files.size(digest) : undefined;
  if (state === undefined || size === undefined)
    throw new ErrorResponse(404, "BLOB_UNKNOWN", "blob unknown to registry");
  if (method === "DELETE") {
    state.blobs.delete(digest);
    await index.save(scope);
    response.writeHead(202, { "content-length": 0 }).end();
    return;
  }
  if (method !== "GET" && method !== "HEAD") throw methodNotAllowed();
  const moved = method === "GET" ? profile.blobs.redirect(repository, digest) : undefined;
  if (moved === undefined) return sendFile(exchange, files, { digest, size });
  response.writeHead(moved.status, { location: moved.location, "content-length": 0 }).end();
}
