import * as z from "zod";
import type { Digest } from "../oci/digest.ts";
import { readJson } from "../oci/json/bounded-json.ts";

/** What cosign signs in its older form (cosign, "Signature Specification", "Payload"). */
const SimpleSigning = z.object({
  critical: z.object({
    type: z.literal("cosign container image signature"),
    image: z.object({ "docker-manifest-digest": z.string() }),
  }),
});

/** True for a payload that says that the image with this digest is signed. */
export function names(payload: Uint8Array, digest: Digest): boolean {
  const said = SimpleSigning.safeParse(readJson(payload)).data;
  return said?.critical.image["docker-manifest-digest"] === digest;
}
