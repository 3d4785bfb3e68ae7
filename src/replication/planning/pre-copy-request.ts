import * as z from "zod";
import { isDigest } from "../../oci/digest.ts";
import { parseJson } from "../../oci/json/bounded-json.ts";
import { FormatError } from "../../oci/errors/format-error.ts";
import { CopyRequest } from "./copy-request.ts";

const { version, id, destination, repository, pushedAt } = CopyRequest.shape;

/**
 * The message that requests a pre-copy: of the blobs of a manifest that was pushed without a tag, before a tag names it. It is a hint: a
 * pre-copy that is lost, late or refused is not repeated.
 */
export const PreCopyRequest = z.strictObject({
  version,
  kind: z.literal("blobs"),
  id,
  destination,
  repository,
  digest: z.string().refine(isDigest, "is not a digest"),
  pushedAt,
});
export type PreCopyRequest = z.infer<typeof PreCopyRequest>;

/** The pre-copy that a message requests; undefined when it is any other message. */
export function readPreCopyRequest(body: string): PreCopyRequest | undefined {
  try {
    return PreCopyRequest.safeParse(parseJson(new TextEncoder().encode(body), "message")).data;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
