import type { Digest } from "../../oci/digest.ts";
import type { ImageSource, ResolvedManifest } from "../../oci/image-source.ts";
import type { ImageTarget } from "../../oci/image-target.ts";
import { successors } from "../../oci/manifest.ts";
import type { Tag } from "../../oci/reference.ts";
import { cosignTagSubject } from "../../oci/cosign-tags.ts";
import { findCosignTags } from "./find-cosign-tags.ts";
import { reasonToLeaveOut } from "../outcome/left-out.ts";
import { resolveIfVisible } from "./resolve-if-visible.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import type { SkipReason } from "../outcome/outcome.ts";

interface BothSides {
  readonly source: Pick<ImageSource, "resolve" | "fetchManifest" | "listReferrers">;
  readonly target: Pick<ImageTarget, "resolve">;
}

const CONCURRENT_LOOKUPS = 16;

/**
 * Why content that no rule selects is not copied; undefined when it is attached to content that the target has. If the image is
 * copied later, its attachments come with it.
 */
export async function reasonToSkipAttachment(
  reference: Tag | Digest,
  wanted: ResolvedManifest,
  { source, target }: BothSides,
  signal: AbortSignal,
): Promise<Extract<SkipReason, "untagged" | "subject-absent"> | undefined> {
  const subject = cosignTagSubject(reference) ?? (await subjectOf(wanted, source, signal));
  if (subject === undefined) return "untagged";
  return (await resolveIfVisible(target, subject, signal)) === undefined ? "subject-absent" : undefined;
}

async function subjectOf(
  wanted: ResolvedManifest,
  source: BothSides["source"],
  signal: AbortSignal,
): Promise<Digest | undefined> {
  const manifest = await source.fetchManifest(wanted, signal);
  return manifest && successors(manifest.bytes, manifest.mediaType).subject?.digest;
}

interface Attached extends BothSides {
  readonly referrers: boolean;
  readonly cosignTags: boolean;
  /** Children that are not copied. */
  readonly excluded?: ReadonlySet<Digest> | undefined;
}

/** True if the target lacks a referrer or cosign tag of an image or of one of its children. */
export async function lacksAttachments(
  wanted: ResolvedManifest,
  { source, target, referrers, cosignTags, excluded }: Attached,
  signal: AbortSignal,
): Promise<boolean> {
  if (!referrers) return false;
  const manifest = await source.fetchManifest(wanted, signal);
  if (manifest === undefined) return false;
  const { manifests } = successors(manifest.bytes, manifest.mediaType);
  const digests = [wanted.digest, ...manifests.map(({ digest }) => digest)].filter(
    (digest) => excluded?.has(digest) !== true,
  );
  const tags = cosignTags ? await findCosignTags(digests, source, signal) : [];
  const listed = await concurrently(
    digests,
    CONCURRENT_LOOKUPS,
    // The copy of the image has already reported listings that fail.
    (digest, working) =>
      source.listReferrers(digest, working).catch((error: unknown) => {
        if (reasonToLeaveOut(error) === undefined) throw error;
        return [];
      }),
    signal,
  );
  const isAbsent = async (reference: Tag | Digest, working: AbortSignal): Promise<boolean> => {
    const [atSource, atTarget] = await Promise.all([
      resolveIfVisible(source, reference, working),
      resolveIfVisible(target, reference, working),
    ]);
    // An attachment that is listed but absent at the source was deleted.
    return atSource !== undefined && atSource.digest !== atTarget?.digest;
  };
  const attached = [...tags, ...listed.flat().map(({ digest }) => digest)];
  return (await concurrently(attached, CONCURRENT_LOOKUPS, isAbsent, signal)).includes(true);
}
