import * as z from "zod";
import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { FormatError } from "../../oci/errors/format-error.ts";
import { isRepositoryName, isTag } from "../../oci/reference.ts";
import type { Tag } from "../../oci/reference.ts";

/** The latest time that JavaScript can represent, in epoch milliseconds (ECMA-262, "Time Values and Time Range"). */
const LATEST_TIME_MS = 8.64e15;

/** The version of {@link CopyRequest} written by this code. */
export const COPY_REQUEST_VERSION = 1;

/**
 * The message on the queue: make one tag at one destination equal to the source. It does not say what to write. The digest
 * and the target repository come from the source and the configuration when the request is executed.
 */
export const CopyRequest = z.strictObject({
  version: z.literal(COPY_REQUEST_VERSION),
  /** Correlation id: that of the event or comparison which caused it. */
  id: z.string().min(1).max(128),
  /** Name of a configured destination. */
  destination: z.string().min(1).max(64),
  /** Repository at the source. */
  repository: z.string().refine(isRepositoryName, "is not a repository name"),
  /** A tag, or the digest of content without a tag. */
  reference: z.string().refine(isTagOrDigest, "is neither a tag nor a digest"),
  /** Time of the push, in epoch milliseconds; 0: unknown. */
  pushedAt: z.int().nonnegative().max(LATEST_TIME_MS),
  /** A verification found a fault below an equal digest: the copy believes no checkpoint and no digest, and looks at everything. */
  repair: z.literal(true).optional(),
  /** When an operator asked for the copy, by a job or a redrive, in epoch milliseconds: no cancellation before that is about it. */
  askedAt: z.int().nonnegative().max(LATEST_TIME_MS).optional(),
});
export type CopyRequest = z.infer<typeof CopyRequest>;

/** Milliseconds since a push; 0 when its time is unknown (`pushedAt` 0), or lies in the future because clocks differ. */
export function pushAge(pushedAt: number, now: number): number {
  return pushedAt === 0 ? 0 : Math.max(now - pushedAt, 0);
}

function isTagOrDigest(text: string): text is Tag | Digest {
  return isTag(text) || isDigest(text);
}

const Versioned = z.object({ version: z.unknown() });

/** @throws {FormatError} when the document of a message has another version, or does not match the schema. A retry cannot succeed. */
export function parseCopyRequest(document: unknown): CopyRequest {
  const version = Versioned.safeParse(document).data?.version;
  if (version !== COPY_REQUEST_VERSION) {
    throw new FormatError(
      "version",
      `${describeVersion(version)} is not one this function knows (${COPY_REQUEST_VERSION})`,
    );
  }
  const result = CopyRequest.safeParse(document);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new FormatError(issue?.path.join(".") || "message", issue?.message ?? "is malformed", { cause: result.error });
}

function describeVersion(version: unknown): string {
  if (version === undefined) return "none";
  return typeof version === "number" || typeof version === "string"
    ? JSON.stringify(version).slice(0, 40)
    : typeof version;
}
