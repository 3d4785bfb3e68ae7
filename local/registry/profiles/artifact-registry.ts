import type { IncomingMessage } from "node:http";
import { createDownloadLinks } from "../storage/download-links.ts";
import { ErrorResponse } from "../protocol/error-response.ts";
import type { AccessPolicy, Action, BlobPolicy, Profile, UploadPolicy } from "./profile.ts";
import { specificationProfile } from "./specification.ts";

export interface ArtifactRegistryProfileOptions {
  /** The repositories that exist, as `project/repository`; a push creates no others. */
  readonly repositories: readonly string[];
  /** True for a Google access token with permission to read and write. */
  readonly verifyToken: (token: string) => boolean;
  readonly immutableTags?: boolean;
}

const PERMISSION: Readonly<Record<Action, string>> = {
  pull: "artifactregistry.repositories.downloadArtifacts",
  push: "artifactregistry.repositories.uploadArtifacts",
  delete: "artifactregistry.repositories.deleteArtifacts",
};

/** Artifact Registry documentation, "Quotas and limits": listings of the Docker API end after 10,000 entries. */
const LISTING_MAX = 10_000;

const UPLOAD_PATHS = [
  /^\/artifacts-uploads\/namespaces\/[^/]+\/repositories\/[^/]+\/uploads\/(?<id>[\w-]+)$/,
  /^\/v2\/[^/]+\/[^/]+\/pkg\/blobs\/uploads\/(?<id>[\w-]+)$/,
];
const DOWNLOAD_PATH = /^\/artifacts-downloads\/namespaces\/[^/]+\/repositories\/[^/]+\/downloads\/(?<id>[\w-]+)$/;

/**
 * A Docker repository of Google Artifact Registry: access tokens as Bearer, uploads outside `/v2/` and in one request, no mounts, and
 * the same answer for repositories that do not exist as for those that are forbidden.
 */
export function createArtifactRegistryProfile(options: ArtifactRegistryProfileOptions): Profile {
  const { manifests, listings } = specificationProfile;
  return {
    access: accessPolicy(options),
    blobs: blobPolicy(),
    uploads: UPLOADS,
    manifests: { ...manifests, immutableTags: options.immutableTags ?? false },
    listings: { ...listings, maxTotal: LISTING_MAX, includesManifests: true },
  };
}

const UPLOADS: UploadPolicy = {
  location(name, id, writes) {
    const [project, repository] = name.split("/");
    if (writes > 0) return `/v2/${project}/${repository}/pkg/blobs/uploads/${id}`;
    return `/artifacts-uploads/namespaces/${project}/repositories/${repository}/uploads/${id}`;
  },
  extraPaths: UPLOAD_PATHS,
  mounts: false,
  maxPatches: 1,
  storesParts: true,
  hasSessionRequests: true,
  requiresLength: true,
  endsBrokenUploads: true,
};

function blobPolicy(): BlobPolicy {
  const links = createDownloadLinks();
  return {
    scope: (name) => name.split("/").slice(0, 2).join("/"),
    redirect(name, digest) {
      const [project, repository] = name.split("/");
      const folder = `/artifacts-downloads/namespaces/${project}/repositories/${repository}/downloads`;
      return { status: 302, location: `${folder}/${links.sign(digest)}` };
    },
    downloads: { path: DOWNLOAD_PATH, resolve: (id) => links.read(id) },
  };
}

function accessPolicy({ repositories, verifyToken }: ArtifactRegistryProfileOptions): AccessPolicy {
  return {
    authorize: (request, repository, action) => authorize(request, repository, action, verifyToken),
    refuseName: (name, action) => refuseName(name, action, repositories),
    createsRepositories: true,
    unknownRepository: () => new ErrorResponse(404, "NAME_UNKNOWN", "Repository not found"),
    issueToken(authorization) {
      const token = authorization === undefined ? "" : tokenOf(authorization);
      return verifyToken(token) ? token : new ErrorResponse(401, "UNAUTHORIZED", "authentication failed");
    },
  };
}

/** Refuses a repository that does not exist with the same answer as one that is forbidden. */
function refuseName(name: string, action: Action, known: readonly string[]): ErrorResponse | undefined {
  const [project, repository, ...image] = name.split("/");
  if (image.length === 0) {
    return new ErrorResponse(400, "NAME_INVALID", `invalid number of path components: ${name.split("/").length}`);
  }
  if (known.includes(`${project}/${repository}`)) return undefined;
  const resource = `projects/${project}/locations/local/repositories/${repository}`;
  return new ErrorResponse(
    403,
    "DENIED",
    `Permission "${PERMISSION[action]}" denied on resource "${resource}" (or it may not exist)`,
  );
}

function authorize(
  request: IncomingMessage,
  repository: string | undefined,
  action: Action,
  verifyToken: (token: string) => boolean,
): ErrorResponse | undefined {
  const { authorization, host } = request.headers;
  if (authorization === undefined) {
    const scope =
      repository === undefined
        ? ""
        : `,service="${host}",scope="repository:${repository}:${action === "pull" ? "pull" : "pull,push"}"`;
    const headers = { "www-authenticate": `Bearer realm="http://${host}/v2/token"${scope}` };
    return new ErrorResponse(401, "UNAUTHORIZED", "not authenticated: No credential was supplied.", { headers });
  }
  if (verifyToken(tokenOf(authorization))) return undefined;
  return new ErrorResponse(401, "UNAUTHORIZED", "No valid credential was supplied.");
}

/** The access token in a Bearer header, or in a Basic header with user `oauth2accesstoken`. */
export function tokenOf(authorization: string): string {
  const [scheme = "", value = ""] = authorization.split(" ");
  if (scheme.toLowerCase() === "bearer") return value;
  const [user, ...password] = Buffer.from(value, "base64").toString().split(":");
  return scheme.toLowerCase() === "basic" && user === "oauth2accesstoken" ? password.join(":") : "";
}
