import { algorithmOf, hexOf } from "./digest.ts";
import type { Digest } from "./digest.ts";
import { parseTag } from "./reference.ts";
import type { Tag } from "./reference.ts";

/**
 * The tag under which clients list referrers when the registry has no API for them: the algorithm, and the first 64 characters of the
 * hex part, also of a sha512 digest (distribution-spec, "Referrers Tag Schema").
 */
export function referrersTag(subject: Digest): Tag {
  return parseTag(`${algorithmOf(subject)}-${hexOf(subject).slice(0, 64)}`);
}
