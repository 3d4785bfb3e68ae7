import type { Digest } from "../../oci/digest.ts";
import { formatExplanation, explainError } from "../../oci/errors/error-explanation.ts";
import { FormatError } from "../../oci/errors/format-error.ts";
import { successors } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { Tag } from "../../oci/reference.ts";
import { isContentMissing, RegistryError } from "../../oci/errors/registry-error.ts";
import { Schema1Error } from "../../oci/errors/schema1-error.ts";

/** Something that the source names and a copy does not bring. It is never left out without saying so. */
export interface LeftOut {
  /**
   * `layer`: lives elsewhere by its type. `platform`: an index names it, and the source does not have it. `attachment`: one
   * that cannot be read, or that the target does not take. `attachments`: what is attached to a manifest, and is not known.
   */
  readonly kind: "layer" | "platform" | "attachment" | "attachments";
  readonly digest: Digest;
  readonly problem: string;
}

/** Things named in one line. */
const SHOWN = 5;

/** In words, one line: what is left out, and why. */
export function describeLeftOut(leftOut: readonly LeftOut[]): string {
  const more = leftOut.length > SHOWN ? `; and ${leftOut.length - SHOWN} more` : "";
  const shown = leftOut.slice(0, SHOWN).map(({ kind, digest, problem }) => `${WORDS[kind]} ${digest}: ${problem}`);
  return `${shown.join("; ")}${more}`;
}

/** For a log line and a receipt, which say the same: how much was left out, and what. */
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
 * Why an attachment is left out, for a failure that concerns it alone and will not pass: it does not keep the image back.
 * Undefined for every other failure.
 */
export function reasonToLeaveOut(error: unknown): string | undefined {
  if (error instanceof FormatError || error instanceof Schema1Error) return error.message;
  return error instanceof RegistryError && error.category === "permanent" ? problemOf(error) : undefined;
}

/**
 * An attachment that the target does not take: some registries refuse manifests with a subject, or have something else under
 * the tag of the list. @throws the failure, when it is another one.
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

/** What to do next is left to who reads it: the image was copied. */
function problemOf(error: RegistryError): string {
  return formatExplanation(explainError(error, "stack"));
}
