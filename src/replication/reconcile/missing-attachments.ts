import type { Digest } from "../../oci/digest.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import type { UnmatchedImages, RepositoryTarget } from "./reconcile-repository.ts";
import { referenceOf, subjectOf } from "./source-catalog.ts";
import type { SourceImage } from "./source-catalog.ts";

export interface AttachmentTarget extends Pick<RepositoryTarget, "attaches" | "hasManifest"> {
  /** The target's listing shows manifests without a tag. */
  readonly showsUntagged: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Questions to the target at once. */
const CONCURRENT_QUESTIONS = 16;
/**
 * What only a question can find is asked about for so long after its push, in milliseconds: comparisons are minutes
 * apart, and a question for everything that was ever signed, in each of them, would use up the destination's rate.
 */
const QUESTION_MS: number = 24 * 3_600_000;

/**
 * What is attached to images of the target and absent there: cosign's tags, and manifests with a subject. What belongs
 * to an image that is itself to be copied comes with it.
 */
export async function missingAttachments(
  open: UnmatchedImages,
  place: AttachmentTarget,
  signal: AbortSignal,
): Promise<SourceImage[]> {
  const asked = await concurrently(
    [...open.attached.values()],
    CONCURRENT_QUESTIONS,
    (image, working) => toAskFor(image, open, place, working),
    signal,
  );
  return [...new Set(asked.filter((image) => image !== undefined))];
}

/** What to ask for so that an attachment comes; undefined when it is there, or nothing wants it. */
async function toAskFor(
  image: SourceImage,
  open: UnmatchedImages,
  place: AttachmentTarget,
  signal: AbortSignal,
): Promise<SourceImage | undefined> {
  const isYoung = image.pushedAt === 0 || place.now - image.pushedAt < QUESTION_MS;
  const isHeld = async (digest: Digest): Promise<boolean> => isYoung && (await place.hasManifest(digest, signal));
  const owner = ownerOf(image, open);
  if (owner === undefined) return undefined;
  if (owner === "unknown" && !(await isHeld(subjectOf(image) ?? image.digest))) return undefined;
  const isListed = image.tag !== undefined || place.showsUntagged;
  if (!isListed && (!isYoung || (await isHeld(image.digest)))) return undefined;
  if (place.attaches(referenceOf(image))) return image;
  return owner === "unknown" ? undefined : owner;
}

/**
 * The selected image that something is attached to. Undefined when it is not selected, or is to be copied itself.
 * `unknown`: no tag of the source names it; it is the child of an index, or attached itself, and counts when the target has it.
 */
function ownerOf(
  image: SourceImage,
  { selected, selectedDigests, otherDigests }: UnmatchedImages,
): SourceImage | "unknown" | undefined {
  const subject = subjectOf(image);
  if (subject === undefined) return undefined;
  const owner = selectedDigests.get(subject);
  if (owner !== undefined) return selected.has(referenceOf(owner)) ? undefined : owner;
  return otherDigests.has(subject) ? undefined : "unknown";
}
