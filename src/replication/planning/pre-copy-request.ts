import * as z from "zod";
import { isDigest } from "../../oci/digest.ts";
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

/** The pre-copy that the document of a message requests; undefined when it is any other message. */
export function readPreCopyRequest(document: unknown): PreCopyRequest | undefined {
  // Most messages are no pre-copies, and a failed parse is expensive.
  const hasKind = typeof document === "object" && document !== null && "kind" in document;
  return hasKind ? PreCopyRequest.safeParse(document).data : undefined;
}
