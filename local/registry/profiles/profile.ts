import type { IncomingMessage } from "node:http";
import type { Digest } from "../../../src/oci/digest.ts";
import type { ErrorResponse } from "../protocol/error-response.ts";

/** What a request wants to do. */
export type Action = "pull" | "push" | "delete";

/** How one cloud's registry differs from the specification's. A plain object of policies. */
export interface Profile {
  /** Why the request may not come in, or undefined. `repository` is undefined for `/v2/`. */
  authorize(request: IncomingMessage, repository: string | undefined, action: Action): ErrorResponse | undefined;
  /** Why there can be no such repository, or undefined. */
  refuseName(repository: string, action: Action): ErrorResponse | undefined;
  /** The refusal of a repository that has nothing. */
  unknownRepository(repository: string): ErrorResponse;
  /** Repositories with the same scope share their blobs. */
  blobScope(repository: string): string;
  /** Where a blob is downloaded, when not at its own URL. */
  downloadLocation(
    repository: string,
    digest: Digest,
  ): { readonly status: 302 | 307; readonly location: string } | undefined;
  /** The blob of a download's id, as `downloadLocation` gave it; undefined when it is made up, or over. */
  readDownload?(id: string): Digest | undefined;
  /** The path of a new upload session, or of one that has been written to. */
  uploadLocation(repository: string, id: string, writes: number): string;
  /** Whether a mount of a blob that is there is granted. */
  readonly mounts: boolean;
  /** PATCH requests a session takes. */
  readonly maxPatches: number;
  readonly requiresLength: boolean;
  readonly endsBrokenUploads: boolean;
  /** Tags that exist cannot be moved. */
  readonly immutableTags: boolean;
  /** A pull by tag whose Accept lacks the stored type gets a converted manifest. */
  readonly translates: boolean;
  /** Largest page of a tag list; more is refused. */
  readonly maxPage: number;
  /** Tags, and manifests in the map, that a listing holds at most, all its pages together. */
  readonly listingMax: number;
  /** Adds Google's `manifest` map to tag lists. */
  readonly listsManifests: boolean;
  /** Answers the registry's own token server at `/v2/token`: a token, or why there is none. Absent: there is no such server. */
  issueToken?(authorization: string | undefined): string | ErrorResponse;
  /** Paths outside of the specification. */
  readonly extraRoutes: readonly ExtraRoute[];
}

/** A path of a cloud's own that leads to a standard operation; its group `id` says on what. */
export interface ExtraRoute {
  readonly pattern: RegExp;
  readonly kind: "upload" | "download";
}

/** The registry exactly as the specification has it, open to all. */
export const specificationProfile: Omit<Profile, "unknownRepository"> = {
  authorize: () => undefined,
  refuseName: () => undefined,
  blobScope: (repository) => repository,
  downloadLocation: () => undefined,
  uploadLocation: (repository, id) => `/v2/${repository}/blobs/uploads/${id}`,
  mounts: true,
  maxPatches: Number.POSITIVE_INFINITY,
  requiresLength: false,
  endsBrokenUploads: false,
  immutableTags: false,
  translates: false,
  maxPage: 10_000,
  listingMax: Number.MAX_SAFE_INTEGER,
  listsManifests: false,
  extraRoutes: [],
};
