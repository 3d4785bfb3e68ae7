import type { Digest } from "../../oci/digest.ts";
import { formatExplanation, explainError } from "../../oci/errors/error-explanation.ts";
import { FormatError } from "../../oci/errors/format-error.ts";
import { successors } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { Tag } from "../../oci/reference.ts";
import { isContentMissing, RegistryError } from "../../oci/errors/registry-error.ts";
import { Schema1Error } from "../../oci/errors/schema1-error.ts";

/** Content that the source names and a copy leaves out. It is always reported. */
export interface LeftOut {
  /**
   * `layer`: of a non-distributable type. `platform`: a child of an index that the source does not have. `attachment`: one that
   * cannot be read, or that the target refuses. `attachments`: all attachments of a manifest, because they cannot be listed.
   */
  readonly kind: "layer" | "platform" | "attachment" | "attachments";
  readonly digest: Digest;
  readonly problem: string;
}

/** Entries listed in a description. */
const SHOWN = 5;

/** One line: the first entries with their reasons, and the number of others. */
export function describeLeftOut(leftOut: readonly LeftOut[]): string {
  const more = leftOut.length > SHOWN ? `; and ${leftOut.length - SHOWN} more` : "";
  const shown = leftOut.slice(0, SHOWN).map(({ kind, digest, problem }) => `${WORDS[kind]} ${digest}: ${problem}`);
  return `${shown.join("; ")}${more}`;
}

/** Fields of the log line and the receipt; empty when nothing was left out. */
export function leftOutFields(leftOut: readonly LeftOut[] = []): {
  readonly leftOut?: string;
  readonly leftOutCount?: number;
} {
  return leftOut.length === 0 ? {} : { leftOut: describeLeftOut(leftOut), leftOutCount: leftOut.length };
}

const WORDS: Readonly<Record<LeftOut["kind"], string>> = {
  layer: "layer",
  platform: "platform",
  attachment: "attachment",
  attachments: "attachments of",
};

/**
 * Why an attachment is left out, for a permanent failure that concerns only the attachment: the image is copied without it.
 * Undefined for every other failure.
 */
export function reasonToLeaveOut(error: unknown): string | undefined {
  if (error instanceof FormatError || error instanceof Schema1Error) return error.message;
  return error instanceof RegistryError && error.category === "permanent" ? problemOf(error) : undefined;
}

/**
 * An attachment that the target refuses: some registries refuse manifests with a subject, or have other content under the tag of
 * the referrers list. @throws {unknown} the error itself when it is any other failure.
 */
export function refusedAttachment(
  { manifest, reference }: { readonly manifest: Manifest; readonly reference: Tag | Digest },
  error: unknown,
): LeftOut {
  const { digest, bytes, mediaType } = manifest;
  const isRefusal = error instanceof RegistryError && error.side === "target" && error.category === "permanent";
  const isAttachment = reference === digest && successors(bytes, mediaType).subject !== undefined;
  if (!isRefusal || !isAttachment || isContentMissing(error)) throw error;
  return { kind: "attachment", digest, problem: problemOf(error) };
}

/** Without advice: the image itself was copied. */
function problemOf(error: RegistryError): string {
  return formatExplanation(explainError(error, "stack"));
}
