import type { Digest } from "../../oci/digest.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import type { Tag } from "../../oci/reference.ts";
import type { RepositoryTarget, Selection } from "./repository-target.ts";
import { referenceOf, subjectOf } from "./source-catalog.ts";
import type { SourceImage } from "./source-catalog.ts";
import type { ContentWithoutTag } from "./target-inventory.ts";

/** Source images of one repository, by reference, without those that the target has. */
export interface UnmatchedImages {
  /** Images that the rules select. */
  readonly selected: Map<Tag | Digest, SourceImage>;
  /** Attachments that the rules do not select. */
  readonly attached: Map<Tag | Digest, SourceImage>;
  /** All images that the rules select, by digest, to look up subjects. */
  readonly selectedDigests: Map<Digest, SourceImage>;
  /** Digests of tagged images that the target is not to have under this digest. */
  readonly otherDigests: Set<Digest>;
}

export interface AttachmentTarget extends Pick<Selection, "attaches">, Pick<RepositoryTarget, "hasManifest"> {
  /** True when the target's listing includes manifests without a tag. */
  readonly showsUntagged: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Concurrent HEAD requests to the target. */
const CONCURRENT_CHECKS = 16;
/**
 * Attachments that no listing shows need up to three requests each. They are checked only this long after their push, in
 * milliseconds: a request for every signature in every comparison would exhaust the destination's rate.
 */
const CHECK_MS: number = 24 * 3_600_000;

/**
 * The attachments (cosign's tags, and manifests with a subject) that are missing, or not listed with their subject, at the target although their image is
 * there. The attachments of an image that is itself to be copied are copied with it.
 */
export async function missingAttachments(
  open: UnmatchedImages,
  target: AttachmentTarget,
  signal: AbortSignal,
): Promise<SourceImage[]> {
  const asked = await concurrently(
    [...open.attached.values()],
    CONCURRENT_CHECKS,
    (image, working) => imageToRequest(image, open, target, working),
    signal,
  );
  return [...new Set(asked.filter((image) => image !== undefined))];
}

/** The image to request so that an attachment is copied; undefined when it is there, or no rule selects it. */
async function imageToRequest(
  image: SourceImage,
  open: UnmatchedImages,
  target: AttachmentTarget,
  signal: AbortSignal,
): Promise<SourceImage | undefined> {
  const isYoung = image.pushedAt === 0 || target.now - image.pushedAt < CHECK_MS;
  const isHeld = async (content: ContentWithoutTag): Promise<boolean> =>
    isYoung && (await target.hasManifest(content, signal));
  const owner = ownerOf(image, open);
  if (owner === undefined) return undefined;
  if (owner === "unknown" && !(await isHeld({ digest: subjectOf(image) ?? image.digest }))) return undefined;
  const isListed = image.tag !== undefined || target.showsUntagged;
  const request = target.attaches(image) ? image : owner;
  if (!isListed && (!isYoung || (await isHeld(contentOf(image, request === image))))) return undefined;
  return request === "unknown" ? undefined : request;
}

/**
 * What the target must have of an attachment. A copy of the attachment itself puts it again, and its list; a copy of its image would find that
 * nothing is missing.
 */
function contentOf({ digest, subject }: SourceImage, isRequested: boolean): ContentWithoutTag {
  return isRequested ? { digest, subject } : { digest };
}

/**
 * The selected image that `image` is attached to. Undefined when no rule selects it, or it is to be copied itself.
 * `unknown`: no tag of the source names it. It may be a child of an index, or an attachment; it counts if the target has it.
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
