import * as z from "zod";
import { isDigest } from "./digest.ts";
import { lenientOptional } from "./json/optional-field.ts";
import { Platform } from "./platform.ts";

const digest = z.string().refine(isDigest, "is not a sha256 or sha512 digest");

/** BuildKit's attestation of an image stands beside it in the index, and names it (BuildKit, attestation-storage.md). */
const Annotations = z.object({ "vnd.docker.reference.digest": lenientOptional(digest) });

/**
 * Names content by type, digest and size in bytes (image-spec, descriptor.md). Digest and size are required; malformed other fields
 * count as absent. Unknown fields stay in the bytes of the manifest, which are never rewritten.
 */
export const Descriptor = z.object({
  /** Empty when it is missing: the bytes of a manifest show its type. */
  mediaType: z.string().max(255).catch(""),
  digest,
  size: z.int().nonnegative(),
  urls: lenientOptional(z.array(z.string())),
  artifactType: lenientOptional(z.string()),
  platform: lenientOptional(Platform),
  annotations: lenientOptional(Annotations),
});
export type Descriptor = z.infer<typeof Descriptor>;

/** The manifest to which another one is attached (image-spec, manifest.md "subject"): only its digest is used. */
export const Subject = z.object({ digest });
export type Subject = z.infer<typeof Subject>;
