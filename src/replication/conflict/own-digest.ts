import type { Digest } from "../../oci/digest.ts";
import type { TagRecord } from "../state/tag-record.ts";

/** What the record of a tag says about our own puts. */
export type OwnPuts = Pick<TagRecord, "replicated" | "puts" | "conflict">;

/** After a put, a registry may show the tag as it was before for so long, in milliseconds (fault R27, with a margin). */
const STALE_READ_MS = 30_000;

/**
 * True for a digest that we put under the tag, as far as the record knows: the one that was confirmed last; those whose put was announced
 * afterwards, because it may have taken effect before its delivery was killed; and, for a moment, those before it.
 */
export function isOwnDigest(digest: Digest, { replicated, puts = [] }: OwnPuts, now: number): boolean {
  if (replicated?.digest === digest) return true;
  const confirmedAt = replicated?.at ?? 0;
  const mayBeStale = now - confirmedAt < STALE_READ_MS;
  return puts.some((put) => put.digest === digest && (put.at > confirmedAt || mayBeStale));
}
