import { digestOf, isDigest } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { missingFrom, putManifest, resolveIn } from "../cloud/registry.ts";
import type { Registry, Repository } from "../cloud/registry.ts";
import type { Service } from "../world/world.ts";
import { json, refusal } from "./site.ts";
import type { Arrived, Reply, Site } from "./site.ts";

/** How registries differ. */
export interface Profile {
  /** The answer to a request that is not authorized; undefined for one that is. */
  refuse(request: Arrived, repository: string): Reply | undefined;
  /** The URL that downloads of a blob are redirected to, if they are. */
  blobLocation?(digest: Digest): string;
  /** The path of an upload session. */
  uploadPath(repository: string, id: string): string;
  /** Grants mounts (distribution-spec, "Mounting a blob from another repository"). */
  readonly mounts: boolean;
  /** Cancels upload sessions (distribution-spec, "Cancel a blob upload"). */
  readonly cancels: boolean;
  /** Has the referrers API (distribution-spec, "Listing Referrers"). */
  readonly referrers: boolean;
  /** Lists the digests of its tags, as Google's registries do. */
  readonly listsManifests: boolean;
  /** Accepts a manifest whose blobs or children are missing, as some registries do. */
  readonly isLenient: boolean;
}

export interface RegistrySiteOptions {
  readonly service: Service;
  readonly registry: Registry;
  readonly profile: Profile;
  /** Called when a tag is put. */
  readonly onTag: (repository: string, tag: string, digest: Digest) => void;
  /** Called when a tag is deleted. */
  readonly onTagDeleted?: (repository: string, tag: string, digest: Digest) => void;
}

interface Sessions {
  opened: number;
  /** Repositories of the open sessions, by session id. */
  readonly open: Map<string, string>;
}

const ROUTE =
  /^\/v2\/(?<name>[a-z0-9/._-]+?)\/(?:manifests\/(?<reference>[^/]+)|blobs\/uploads\/|blobs\/(?<blob>sha256:[0-9a-f]{64})|referrers\/(?<subject>[^/]+)|(?<tags>tags)\/list)$/;
const CREATED = { status: 201 } as const;

/** A registry of the distribution-spec, as far as a replicator uses it. */
export function createRegistrySite(options: RegistrySiteOptions): Site {
  const { registry, profile, service } = options;
  const sessions: Sessions = { opened: 0, open: new Map() };
  return {
    service,
    answer(request) {
      const upload = /\/uploads\/(?<id>[\w-]+)$/.exec(request.url.pathname)?.groups?.["id"];
      if (upload !== undefined) return answerUpload(request, upload, sessions, options);
      const route = ROUTE.exec(request.url.pathname)?.groups;
      if (route === undefined) return refusal(404, "NAME_INVALID");
      const { name = "", reference, blob, subject, tags } = route;
      const refused = profile.refuse(request, name);
      if (refused !== undefined) return refused;
      const repository = registry.repository(name);
      if (reference !== undefined) return answerManifest(request, { name, repository, reference }, options);
      if (blob !== undefined) return answerBlob(request, repository, blob, profile);
      if (subject !== undefined) return answerReferrers(repository, subject, profile);
      if (tags !== undefined) return answerTags(name, repository, profile);
      return openUpload(request, name, sessions, options);
    },
  };
}

interface ManifestRoute {
  readonly name: string;
  readonly repository: Repository;
  readonly reference: string;
}

/** distribution-spec, "Pulling manifests", "Pushing Manifests". */
function answerManifest(request: Arrived, route: ManifestRoute, options: RegistrySiteOptions): Reply {
  const { repository, reference } = route;
  if (request.method === "PUT") return acceptManifest(request, route, options);
  if (request.method === "DELETE") return deleteManifest(route, options);
  const found = resolveIn(repository, reference);
  const manifest = found && repository.manifests.get(found.digest);
  if (manifest === undefined) return refusal(404, "MANIFEST_UNKNOWN");
  const headers = {
    "content-type": manifest.mediaType,
    "content-length": String(manifest.bytes.byteLength),
    "docker-content-digest": manifest.digest,
  };
  return { status: 200, headers, body: manifest.bytes };
}

/** distribution-spec, "Deleting tags", "Deleting Manifests". */
function deleteManifest({ name, repository, reference }: ManifestRoute, { onTagDeleted }: RegistrySiteOptions): Reply {
  const { tags, manifests } = repository;
  const gone = [...tags].filter(([tag, digest]) => tag === reference || digest === reference);
  const isKnown = (isDigest(reference) && manifests.delete(reference)) || gone.length > 0;
  for (const [tag, digest] of gone) {
    tags.delete(tag);
    onTagDeleted?.(name, tag, digest);
  }
  return isKnown ? { status: 202 } : refusal(404, "MANIFEST_UNKNOWN");
}

function acceptManifest(
  { headers, body }: Arrived,
  { name, repository, reference }: ManifestRoute,
  { profile, onTag }: RegistrySiteOptions,
): Reply {
  const manifest = { mediaType: headers["content-type"] ?? "", digest: digestOf(body), bytes: body };
  if (isDigest(reference) && reference !== manifest.digest) return refusal(400, "DIGEST_INVALID");
  if (missingFrom(repository, manifest).length > 0 && !profile.isLenient) return refusal(404, "MANIFEST_BLOB_UNKNOWN");
  const subject = putManifest(repository, manifest);
  if (!isDigest(reference)) {
    repository.tags.set(reference, manifest.digest);
    onTag(name, reference, manifest.digest);
  }
  // distribution-spec, "Pushing Manifests with Subject".
  const acknowledged = subject === undefined || !profile.referrers ? {} : { "oci-subject": subject };
  return { ...CREATED, headers: { "docker-content-digest": manifest.digest, ...acknowledged } };
}

/** distribution-spec, "Pulling blobs"; ranges as in RFC 9110, section 14.2. */
function answerBlob({ headers }: Arrived, { blobs }: Repository, digest: string, profile: Profile): Reply {
  const bytes = isDigest(digest) ? blobs.get(digest) : undefined;
  if (bytes === undefined || !isDigest(digest)) return refusal(404, "BLOB_UNKNOWN");
  const location = profile.blobLocation?.(digest);
  return location === undefined ? blobReply(bytes, headers["range"]) : { status: 307, headers: { location } };
}

export function blobReply(bytes: Uint8Array, range: string | undefined): Reply {
  const start = Number(/^bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
  const end = Number(/^bytes=\d+-(\d+)$/.exec(range ?? "")?.[1] ?? bytes.byteLength - 1);
  const body = bytes.subarray(start, end + 1);
  const length = { "content-length": String(body.byteLength) };
  if (range === undefined) return { status: 200, headers: length, body };
  return { status: 206, headers: { ...length, "content-range": `bytes ${start}-${end}/${bytes.byteLength}` }, body };
}

/** distribution-spec, "Listing Tags". */
function answerTags(name: string, { tags, pushedAt }: Repository, { listsManifests }: Profile): Reply {
  const listed = { name, tags: [...tags.keys()] };
  if (!listsManifests) return json(listed);
  const manifest: Record<string, { tag: string[]; timeUploadedMs?: string }> = {};
  for (const [tag, digest] of tags) {
    const at = pushedAt.get(digest);
    (manifest[digest] ??= { tag: [], ...(at !== undefined && { timeUploadedMs: String(at) }) }).tag.push(tag);
  }
  return json({ ...listed, manifest });
}

/** distribution-spec, "Listing Referrers". */
function answerReferrers({ referrers }: Repository, subject: string, profile: Profile): Reply {
  if (!profile.referrers) return refusal(404, "UNSUPPORTED");
  const manifests = isDigest(subject) ? (referrers.get(subject) ?? []) : [];
  return json({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests }, { "content-type": MediaType.ociIndex });
}

/** distribution-spec, "POST then PUT"; a mount that is not granted starts an upload. */
function openUpload(
  { url }: Arrived,
  name: string,
  sessions: Sessions,
  { registry, profile }: RegistrySiteOptions,
): Reply {
  const mount = url.searchParams.get("mount") ?? "";
  const from = url.searchParams.get("from");
  const bytes = isDigest(mount) && from !== null ? registry.repository(from).blobs.get(mount) : undefined;
  if (profile.mounts && bytes !== undefined && isDigest(mount)) {
    registry.repository(name).blobs.set(mount, bytes);
    return CREATED;
  }
  const id = `u${sessions.opened++}-${name.replaceAll("/", "-")}`;
  sessions.open.set(id, name);
  return { status: 202, headers: { location: profile.uploadPath(name, id) } };
}

/** The whole blob in one PUT (distribution-spec, "POST then PUT"). */
function answerUpload(
  request: Arrived,
  id: string,
  sessions: Sessions,
  { registry, profile }: RegistrySiteOptions,
): Reply {
  const name = sessions.open.get(id);
  if (name === undefined) return refusal(404, "BLOB_UPLOAD_UNKNOWN");
  const refused = profile.refuse(request, name);
  if (refused !== undefined) return refused;
  if (request.method === "DELETE") return cancelUpload(id, sessions, profile);
  const digest = request.url.searchParams.get("digest") ?? "";
  if (!isDigest(digest) || digestOf(request.body) !== digest) return refusal(400, "DIGEST_INVALID");
  sessions.open.delete(id);
  registry.repository(name).blobs.set(digest, request.body);
  return CREATED;
}

/** distribution-spec, "Cancel a blob upload", which not every registry supports. */
function cancelUpload(id: string, sessions: Sessions, { cancels }: Profile): Reply {
  if (!cancels) return refusal(405, "UNSUPPORTED");
  sessions.open.delete(id);
  return { status: 204 };
}
