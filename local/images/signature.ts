import { algorithmOf, hexOf } from "../../src/oci/digest.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { parseTag } from "../../src/oci/reference.ts";
import type { Tag } from "../../src/oci/reference.ts";
import { blobOf, imageOf } from "./image-content.ts";
import type { ImageContent } from "./image-content.ts";

/** The type under which cosign attaches signatures to their subject. */
export const SIGNATURE_TYPE = "application/vnd.dev.cosign.artifact.sig.v1+json";

/** The tag under which cosign's older scheme keeps the signature of a manifest: `sha256-<hex>.sig`, an ordinary tag. */
export function signatureTag(subject: Digest): Tag {
  return parseTag(`${algorithmOf(subject)}-${hexOf(subject)}.sig`);
}

/** The content of {@link signatureTag}: an image whose only layer is the signed statement. It has the form of a signature, but no key signed it. */
export function signatureOf(subject: Digest): ImageContent {
  const statement = JSON.stringify({ critical: { image: { "docker-manifest-digest": subject } }, optional: null });
  const payload = blobOf(new TextEncoder().encode(statement), "application/vnd.dev.cosign.simplesigning.v1+json");
  return imageOf([payload], { os: "", architecture: "" });
}
