import { hexOf, algorithmOf, isDigest } from "./digest.ts";
import type { Digest } from "./digest.ts";
import { parseTag } from "./reference.ts";
import type { Tag } from "./reference.ts";

/** What cosign attaches by tags instead of subjects (cosign specification, "Signature, attestation and SBOM tags"). */
const COMPANIONS = ["sig", "att", "sbom"] as const;

/** The tags under which signatures, attestations and SBOMs of a manifest may be. */
export function cosignTags(digest: Digest): Tag[] {
  return COMPANIONS.map((kind) => parseTag(`${algorithmOf(digest)}-${hexOf(digest)}.${kind}`));
}

/** True for a tag that holds signatures of some manifest; those of SBOMs and attestations exist, those of signatures do not. */
export function isSignatureTag(reference: string): boolean {
  return /^sha256-[0-9a-f]{64}\.sig$/.test(reference);
}

/** The manifest that a tag is a companion of; undefined for any other tag. */
export function cosignTagSubject(reference: string): Digest | undefined {
  const hex = /^sha256-([0-9a-f]{64})\.(?:sig|att|sbom)$/.exec(reference)?.[1];
  const digest = `sha256:${hex}`;
  return hex !== undefined && isDigest(digest) ? digest : undefined;
}

/** True for a tag that is a companion of some manifest, and has none of its own. */
export function isCosignTag(reference: string): boolean {
  return cosignTagSubject(reference) !== undefined;
}
