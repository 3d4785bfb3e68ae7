import type { IncomingMessage } from "node:http";
import type { Digest } from "../../../src/oci/digest.ts";
import type { ErrorResponse } from "../protocol/error-response.ts";

/** The permission that a request needs. */
export type Action = "pull" | "push" | "delete";

/** How a cloud's registry behaves where the distribution-spec leaves a choice, or where the cloud differs from it. */
export interface Profile {
  readonly access: AccessPolicy;
  readonly blobs: BlobPolicy;
  readonly uploads: UploadPolicy;
  readonly manifests: ManifestPolicy;
  readonly listings: ListingPolicy;
}

export interface AccessPolicy {
  /** Why the request is refused, or undefined. `repository` is undefined for `/v2/`. */
  authorize(request: IncomingMessage, repository: string | undefined, action: Action): ErrorResponse | undefined;
  /** Why no repository can have this name, or undefined. */
  refuseName(repository: string, action: Action): ErrorResponse | undefined;
  /** Whether a push creates its repository; otherwise it is answered as `unknownRepository`. */
  readonly createsRepositories: boolean;
  /** The answer for a repository that does not exist. */
  unknownRepository(repository: string): ErrorResponse;
  /** The registry's own token server at `/v2/token`: issues a token or refuses. Absent when there is none. */
  issueToken?(authorization: string | undefined): string | ErrorResponse;
}

export interface BlobPolicy {
  /** Repositories with the same scope share their blobs. */
  scope(repository: string): string;
  /** Where GET of a blob is redirected; undefined to send it at its own URL. */
  redirect(repository: string, digest: Digest): { readonly status: 302 | 307; readonly location: string } | undefined;
  /** Downloads at paths outside `/v2/`. */
  readonly downloads?: DownloadRoute;
}

export interface DownloadRoute {
  /** Its group `id` identifies the download. */
  readonly path: RegExp;
  /** The blob of an id; undefined when the id is forged or has expired. */
  resolve(id: string): Digest | undefined;
}

export interface UploadPolicy {
  /** The path of an upload session after so many writes. */
  location(repository: string, id: string, writes: number): string;
  /** Further paths of upload sessions; the group `id` is the session's. */
  readonly extraPaths: readonly RegExp[];
  /** Whether existing blobs are mounted. */
  readonly mounts: boolean;
  /** PATCH requests that a session accepts. */
  readonly maxPatches: number;
  /** Whether PATCH follows the specification. Otherwise it answers 201, and discards what follows the first part. */
  readonly storesParts: boolean;
  /** Whether a session can be asked for its progress, and cancelled. */
  readonly hasSessionRequests: boolean;
  /** Whether POST needs a Content-Length. */
  readonly requiresLength: boolean;
  /** Whether a broken request ends its session. */
  readonly endsBrokenUploads: boolean;
}

export interface ManifestPolicy {
  /** An existing tag cannot be moved. */
  readonly immutableTags: boolean;
  /** The refusal to move an immutable tag, where it is not Google's. */
  readonly refuseMove?: (repository: string, tag: string) => ErrorResponse;
  /** Whether a pull by tag gets a converted manifest when its Accept header lacks the stored type. */
  readonly converts: boolean;
}

export interface ListingPolicy {
  /** Largest page of a tag list; a larger `n` is refused. */
  readonly maxPage: number;
  /** Entries of all pages of a listing together, at most. */
  readonly maxTotal: number;
  /** Adds Google's `manifest` map to tag lists. */
  readonly includesManifests: boolean;
}
