import type { IncomingMessage, ServerResponse } from "node:http";
import type { RepositoryIndex, RepositoryState } from "../registry/storage/repository-index.ts";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import type { RunningServer } from "../../src/loopback/http-server.ts";
import { GOOGLE_JSON, sendJson } from "../http/send-json.ts";

export interface ArtifactRegistryApiOptions {
  /** The content of the registry. */
  readonly catalog: Pick<RepositoryIndex, "names" | "find">;
  /** True for a Google access token that may list. */
  readonly verifyToken: (token: string) => boolean;
}

const PACKAGES =
  /^\/v1\/(?<parent>projects\/(?<project>[^/]+)\/locations\/[^/]+\/repositories\/(?<repository>[^/]+))\/packages$/;
const TAGS =
  /^\/v1\/(?<parent>projects\/(?<project>[^/]+)\/locations\/[^/]+\/repositories\/(?<repository>[^/]+)\/packages\/(?<image>[^/]+))\/tags$/;
/** The largest page, and the default. */
const PAGE_MAX = 1_000;

/** Emulates projects.locations.repositories.packages.list and .tags.list of the Artifact Registry REST API v1. */
export function startArtifactRegistryApi(options: ArtifactRegistryApiOptions): Promise<RunningServer> {
  return startHttpServer((request, response) => answer(request, response, options));
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { catalog, verifyToken }: ArtifactRegistryApiOptions,
): void {
  const url = new URL(request.url ?? "/", "http://localhost");
  const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
  if (!verifyToken(token)) return refuse(response, 401, "UNAUTHENTICATED", "Request had invalid credentials.");
  if (request.method !== "GET") return refuse(response, 404, "NOT_FOUND", "Not found.");
  const packages = packagesAt(url, catalog);
  if (packages !== undefined) return sendJson(response, 200, packages, GOOGLE_JSON);
  const groups = TAGS.exec(url.pathname)?.groups;
  if (groups === undefined) return refuse(response, 404, "NOT_FOUND", "Not found.");
  const { parent = "", project, repository, image = "" } = groups;
  const state = catalog.find(`${project}/${repository}/${decodeURIComponent(image)}`);
  if (state === undefined) return refuse(response, 404, "NOT_FOUND", "Requested entity was not found.");
  sendJson(response, 200, pageOf(state, parent, url.searchParams), GOOGLE_JSON);
}

/** The page of a list of packages; undefined for another path. */
function packagesAt({ pathname, searchParams }: URL, catalog: Pick<RepositoryIndex, "names">): object | undefined {
  const groups = PACKAGES.exec(pathname)?.groups;
  if (groups === undefined) return undefined;
  const { parent = "", project, repository } = groups;
  return packagesOf(imagesOf(catalog, `${project}/${repository}/`), parent, searchParams);
}

function imagesOf({ names }: Pick<RepositoryIndex, "names">, prefix: string): string[] {
  return names()
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}

function packagesOf(images: readonly string[], parent: string, query: URLSearchParams): object {
  const size = Math.min(Number(query.get("pageSize") ?? PAGE_MAX), PAGE_MAX);
  const start = Number(query.get("pageToken") ?? 0);
  const packages = images
    .slice(start, start + size)
    .map((image) => ({ name: `${parent}/packages/${encodeURIComponent(image)}` }));
  return { packages, ...(start + size < images.length ? { nextPageToken: String(start + size) } : {}) };
}

function pageOf({ tags }: RepositoryState, parent: string, query: URLSearchParams): object {
  const size = Math.min(Number(query.get("pageSize") ?? PAGE_MAX), PAGE_MAX);
  const start = Number(query.get("pageToken") ?? 0);
  const page = [...tags].slice(start, start + size).map(([tag, digest]) => ({
    name: `${parent}/tags/${encodeURIComponent(tag)}`,
    version: `${parent}/versions/${digest}`,
  }));
  return { tags: page, ...(start + size < tags.size ? { nextPageToken: String(start + size) } : {}) };
}

function refuse(response: ServerResponse, code: number, status: string, message: string): void {
  sendJson(response, code, { error: { code, message, status } }, GOOGLE_JSON);
}
