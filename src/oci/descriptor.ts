import * as z from "zod";
import { isDigest } from "./digest.ts";
import { Platform } from "./platform.ts";

/**
 * Names content by type, digest and size in bytes (image-spec, descriptor.md).
 * Read strictly in the fields we use; fields we do not know stay in the manifest's own bytes, which are never rewritten.
 */
export const Descriptor = z.object({
  mediaType: z.string().min(1).max(255),
  digest: z.string().refine(isDigest, "is not a sha256 or sha512 digest"),
  size: z.int().nonnegative(),
  urls: z.array(z.string()).optional(),
  artifactType: z.string().optional(),
  platform: Platform.optional(),
});
export type Descriptor = z.infer<typeof Descriptor>;
