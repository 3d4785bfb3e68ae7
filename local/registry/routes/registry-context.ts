import type { IncomingMessage, ServerResponse } from "node:http";
import type { Digest } from "../../../src/oci/digest.ts";
import { parseDigest } from "../../../src/oci/digest.ts";
import { FormatError } from "../../../src/oci/errors/format-error.ts";
import type { ContentFiles } from "../storage/content-files.ts";
import type { Profile } from "../profiles/profile.ts";
import { ErrorResponse } from "../protocol/error-response.ts";
import type { OnRegistryEvent } from "../protocol/registry-event.ts";
import type { RepositoryIndex } from "../storage/repository-index.ts";
import type { UploadSessions } from "../storage/upload-sessions.ts";

/** What all routes share. */
export interface RegistryContext {
  readonly files: ContentFiles;
  readonly index: RepositoryIndex;
  readonly uploads: UploadSessions;
  readonly profile: Profile;
  readonly emit: OnRegistryEvent;
}

/** One request about one repository. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly method: string;
  readonly repository: string;
}

/** A digest from a path or query. @throws {ErrorResponse} DIGEST_INVALID */
export function digestFrom(text: string): Digest {
  try {
    return parseDigest(text);
  } catch (error) {
    if (error instanceof FormatError) throw new ErrorResponse(400, "DIGEST_INVALID", error.message);
    throw error;
  }
}

/** @throws {ErrorResponse} when a push needs a repository that does not exist and that no push creates. */
export function requireRepository(repository: string, { index, profile }: RegistryContext): void {
  if (!profile.access.createsRepositories && index.find(profile.blobs.scope(repository)) === undefined)
    throw profile.access.unknownRepository(repository);
}

export function methodNotAllowed(): ErrorResponse {
  return new ErrorResponse(405, "UNSUPPORTED", "The operation is unsupported.");
}
