import * as z from "zod";
import { isDigest } from "./digest.ts";
import { lenientOptional } from "./json/optional-field.ts";
import { Platform } from "./platform.ts";

const digest = z.string().refine(isDigest, "is not a sha256 or sha512 digest");

/**
 * Names content by type, digest and size in bytes (image-spec, descriptor.md). Digest and size must hold; the rest is
 * carried. Fields we do not know stay in the manifest's own bytes, which are never rewritten.
 */
export const Descriptor = z.object({
  /** Empty when it is not said: what content is, it says itself. */
  mediaType: z.string().max(255).catch(""),
  digest,
  size: z.int().nonnegative(),
  urls: lenientOptional(z.array(z.string())),
  artifactType: lenientOptional(z.string()),
  platform: lenientOptional(Platform),
});
export type Descriptor = z.infer<typeof Descriptor>;

/** What a manifest is attached to (image-spec, manifest.md "subject"): only its digest is followed. */
export const Subject = z.object({ digest });
export type Subject = z.infer<typeof Subject>;
