import { hexOf, algorithmOf, isDigest } from "./digest.ts";
import type { Digest } from "./digest.ts";
import { parseTag } from "./reference.ts";
import type { Tag } from "./reference.ts";

/** What cosign attaches by tags instead of subjects (cosign specification, "Signature, attestation and SBOM tags"). */
const SUFFIXES = ["sig", "att", "sbom"] as const;

/** The tags that cosign uses for the signatures, attestations and SBOMs of a manifest. */
export function cosignTags(digest: Digest): Tag[] {
  return SUFFIXES.map((suffix) => parseTag(`${algorithmOf(digest)}-${hexOf(digest)}.${suffix}`));
}

/** True for a cosign tag of signatures. SBOMs and attestations can be signed themselves; signatures cannot. */
export function isSignatureTag(reference: string): boolean {
  return /^sha256-[0-9a-f]{64}\.sig$/.test(reference);
}

/** The manifest to which a cosign tag belongs; undefined for any other tag. */
export function cosignTagSubject(reference: string): Digest | undefined {
  const hex = /^sha256-([0-9a-f]{64})\.(?:sig|att|sbom)$/.exec(reference)?.[1];
  const digest = `sha256:${hex}`;
  return hex !== undefined && isDigest(digest) ? digest : undefined;
}

/** True for a tag with a name of cosign's scheme. */
export function isCosignTag(reference: string): boolean {
  return cosignTagSubject(reference) !== undefined;
}
