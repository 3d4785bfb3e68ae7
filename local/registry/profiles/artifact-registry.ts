import type { IncomingMessage } from "node:http";
import { createDownloadLinks } from "../storage/download-links.ts";
import { specificationProfile } from "./profile.ts";
import type { Action, ExtraRoute, Profile } from "./profile.ts";
import { ErrorResponse } from "../protocol/error-response.ts";

export interface ArtifactRegistryProfileOptions {
  /** The repositories that exist, `project/repository`; no other is ever created. */
  readonly repositories: readonly string[];
  /** True for a Google access token that may read and write. */
  readonly verifyToken: (token: string) => boolean;
  readonly immutableTags?: boolean;
}

const PERMISSION: Readonly<Record<Action, string>> = {
  pull: "artifactregistry.repositories.downloadArtifacts",
  push: "artifactregistry.repositories.uploadArtifacts",
  delete: "artifactregistry.repositories.deleteArtifacts",
};

/** "Quotas and limits": listings by Docker's API end at 10,000. */
const LISTING_MAX = 10_000;

const EXTRA_ROUTES: readonly ExtraRoute[] = [
  {
    kind: "upload",
    pattern: /^\/artifacts-uploads\/namespaces\/[^/]+\/repositories\/[^/]+\/uploads\/(?<id>[\w-]+)$/,
  },
  { kind: "upload", pattern: /^\/v2\/[^/]+\/[^/]+\/pkg\/blobs\/uploads\/(?<id>[\w-]+)$/ },
  {
    kind: "download",
    pattern: /^\/artifacts-downloads\/namespaces\/[^/]+\/repositories\/[^/]+\/downloads\/(?<id>[\w-]+)$/,
  },
];

/**
 * A Docker repository of Google Artifact Registry: access tokens as Bearer, uploads outside of /v2/ and in one piece,
 * mounts never granted, what does not exist indistinguishable from what is forbidden.
 */
export function createArtifactRegistryProfile(options: ArtifactRegistryProfileOptions): Profile {
  const links = createDownloadLinks();
  return {
    ...specificationProfile,
    authorize: (request, repository, action) => authorize(request, repository, action, options.verifyToken),
    refuseName: (name, action) => refuseName(name, action, options.repositories),
    unknownRepository: () => new ErrorResponse(404, "NAME_UNKNOWN", "Repository not found"),
    blobScope: (name) => name.split("/").slice(0, 2).join("/"),
    downloadLocation(name, digest) {
      const [project, repository] = name.split("/");
      return {
        status: 302,
        location: `/artifacts-downloads/namespaces/${project}/repositories/${repository}/downloads/${links.sign(digest)}`,
      };
    },
    readDownload: (id) => links.read(id),
    uploadLocation(name, id, writes) {
      const [project, repository] = name.split("/");
      if (writes > 0) return `/v2/${project}/${repository}/pkg/blobs/uploads/${id}`;
      return `/artifacts-uploads/namespaces/${project}/repositories/${repository}/uploads/${id}`;
    },
    mounts: false,
    maxPatches: 1,
    requiresLength: true,
    endsBrokenUploads: true,
    immutableTags: options.immutableTags ?? false,
    listingMax: LISTING_MAX,
    listsManifests: true,
    issueToken(authorization) {
      const token = authorization === undefined ? "" : tokenOf(authorization);
      return options.verifyToken(token) ? token : new ErrorResponse(401, "UNAUTHORIZED", "authentication failed");
    },
    extraRoutes: EXTRA_ROUTES,
  };
}

/** What does not exist and what is forbidden look the same from outside. */
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

/** The access token of a Bearer header, or of Basic with user `oauth2accesstoken`. */
export function tokenOf(authorization: string): string {
  const [scheme = "", value = ""] = authorization.split(" ");
  if (scheme.toLowerCase() === "bearer") return value;
  const [user, ...password] = Buffer.from(value, "base64").toString().split(":");
  return scheme.toLowerCase() === "basic" && user === "oauth2accesstoken" ? password.join(":") : "";
}
