import type { Digest } from "../../oci/digest.ts";
import type { OwnPuts } from "./own-digest.ts";

/** One tag at two registries that both are sources of others, with two different images. */
export interface BothSources {
  readonly source: Digest;
  readonly target: Digest;
  /** Each registry has the other's image, too, so it has had the tag's move behind it. */
  readonly sourceHasTarget: boolean;
  readonly targetHasSource: boolean;
}

/** After so long without a change, a tag may be moved back to an image that both registries have, in milliseconds. */
export const QUIET_MS = 900_000;

/**
 * Which image a tag is to name in a circle of registries. An image that the other side does not have has not been there yet: it is the news. Where that
 * decides nothing, both sides have to find the same answer without asking anyone: the larger digest. Except when the tag has rested, and only one
 * side has moved it since: then someone moved it back.
 *
 * A circle comes to rest: a registry's tag gets an image that is new to it, of which there are as many as pushes, or a larger digest, or one that
 * was moved back, which needs a rest. It may rest with three images that each keep out the next one, two of them by their digests: two that have not
 * met for as long as that go on to meet.
 */
export function converge(
  { source, target, sourceHasTarget, targetHasSource }: BothSources,
  known: OwnPuts,
  now: number,
): "source" | "target" {
  const { replicated } = known;
  if (sourceHasTarget !== targetHasSource) return sourceHasTarget ? "source" : "target";
  if (!sourceHasTarget && hasStood({ source, target }, known, now)) return "source";
  const hasRested = replicated !== undefined && now - replicated.at >= QUIET_MS;
  if (hasRested && replicated.digest === target) return "source";
  if (hasRested && replicated.digest === source) return "target";
  return source > target ? "source" : "target";
}

/** The same decision about two images that have not met is old. */
function hasStood(
  { source, target }: Pick<BothSources, "source" | "target">,
  { conflict }: OwnPuts,
  now: number,
): boolean {
  return conflict?.source === source && conflict.target === target && now >= (conflict.until ?? Infinity);
}
