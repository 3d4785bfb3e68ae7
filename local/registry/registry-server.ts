import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { isMalformedRequest, startHttpServer } from "../../src/loopback/http-server.ts";
import type { RunningServer } from "../../src/loopback/http-server.ts";
import type { Profile } from "./profiles/profile.ts";
import { ErrorResponse } from "./protocol/error-response.ts";
import type { OnRegistryEvent } from "./protocol/registry-event.ts";
import type { RegistryContext } from "./routes/registry-context.ts";
import { route } from "./routes/router.ts";
import { openContentFiles } from "./storage/content-files.ts";
import type { ContentFiles } from "./storage/content-files.ts";
import { openRepositoryIndex } from "./storage/repository-index.ts";
import type { RepositoryIndex } from "./storage/repository-index.ts";
import { createUploadSessions, isDiskFull } from "./storage/upload-sessions.ts";

export interface RegistryOptions {
  /** Where all state is stored. A registry restarted on the same directory has the same content. */
  readonly directory: string;
  readonly profile: Profile;
  /** Shared with the download server of the profile, if it has one. */
  readonly files: ContentFiles;
  /** A free port when undefined. */
  readonly port?: number | undefined;
  readonly onEvent?: OnRegistryEvent | undefined;
}

/** A running registry, and its content, which the emulator of the cloud's API lists. */
export interface RunningRegistry extends RunningServer {
  readonly catalog: Pick<RepositoryIndex, "names" | "find" | "open" | "save">;
}

/** Starts a strict registry of the OCI distribution-spec 1.1 on loopback, with its content on disk and the behavior of a profile. */
export async function startRegistry({
  directory,
  files,
  profile,
  port,
  onEvent,
}: RegistryOptions): Promise<RunningRegistry> {
  const index = await openRepositoryIndex(join(directory, "repositories"));
  const uploads = createUploadSessions({ files, endsWhenBroken: profile.uploads.endsBrokenUploads });
  const context: RegistryContext = { files, index, uploads, profile, emit: onEvent ?? (() => undefined) };
  const server = await startHttpServer((request, response) => {
    const path = request.url ?? "/";
    response.setHeader("docker-distribution-api-version", "registry/2.0");
    response.on("close", () =>
      context.emit({ kind: "request", method: request.method ?? "", path, status: response.statusCode }),
    );
    route(request, response, context).catch((error: unknown) => refuse(request, response, error));
  }, port);
  return { ...server, catalog: index };
}

/** Opens the blobs and manifests of a registry's directory. */
export function openRegistryFiles(directory: string): Promise<ContentFiles> {
  return openContentFiles(join(directory, "content"));
}

/** Answers with the specification's error body. When the request's body was not read, the connection is closed. */
function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const known = refusalOf(error);
  const body = Buffer.from(
    JSON.stringify({ errors: [{ code: known.code, message: known.message, detail: known.detail }] }),
  );
  response.writeHead(known.status, {
    "content-type": "application/json",
    "content-length": body.byteLength,
    ...known.headers,
    ...(request.complete ? {} : { connection: "close" }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** The answer for an error. A full disk is 507 (RFC 4918, 11.5). */
function refusalOf(error: unknown): ErrorResponse {
  if (error instanceof ErrorResponse) return error;
  if (isMalformedRequest(error)) return new ErrorResponse(400, "UNSUPPORTED", "the request cannot be read");
  return isDiskFull(error)
    ? new ErrorResponse(507, "UNKNOWN", "the disk is full")
    : new ErrorResponse(500, "UNKNOWN", "internal error");
}
