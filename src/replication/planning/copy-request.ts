import * as z from "zod";
import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { parseJson } from "../../oci/json/bounded-json.ts";
import { FormatError } from "../../oci/errors/format-error.ts";
import { isRepositoryName, isTag } from "../../oci/reference.ts";
import type { Tag } from "../../oci/reference.ts";

/** The latest time there is, in epoch milliseconds (ECMA-262, "Time Values and Time Range"). */
const LATEST_TIME_MS = 8.64e15;

/** The version of {@link CopyRequest} written by this code. */
export const COPY_REQUEST_VERSION = 1;

/**
 * The command to make one tag at one destination equal to the source: what travels over the queue. It names what has to
 * be looked at, not what to write: digest and target name are decided when it is carried out, from source and configuration.
 */
export const CopyRequest = z.strictObject({
  version: z.literal(COPY_REQUEST_VERSION),
  /** Correlation id: the id of the event it comes from. */
  id: z.string().min(1).max(128),
  /** Name of a configured destination. */
  destination: z.string().min(1).max(64),
  /** Repository at the source. */
  repository: z.string().refine(isRepositoryName, "is not a repository name"),
  /** A tag, or a digest for content that has none. */
  reference: z.string().refine(isTagOrDigest, "is neither a tag nor a digest"),
  /** When it was pushed, epoch milliseconds; 0 when that is not known. */
  pushedAt: z.int().nonnegative().max(LATEST_TIME_MS),
});
export type CopyRequest = z.infer<typeof CopyRequest>;

/** Milliseconds since a push; 0 for one whose time is not known (`pushedAt` 0), or that a clock ahead of ours has made. */
export function pushAge(pushedAt: number, now: number): number {
  return pushedAt === 0 ? 0 : Math.max(now - pushedAt, 0);
}

function isTagOrDigest(text: string): text is Tag | Digest {
  return isTag(text) || isDigest(text);
}

/**
 * Reads a message's body.
 * @throws {FormatError} when it is no JSON, of another version, or outside the schema: permanent, never retried.
 */
export function parseCopyRequest(body: string): CopyRequest {
  const document = parseJson(new TextEncoder().encode(body), "message");
  const version = z.object({ version: z.unknown() }).safeParse(document).data?.version;
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
