import { concurrently } from "../../async/run-concurrently.ts";
import { cosignTags } from "../../oci/cosign-tags.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ManifestSource } from "../../oci/image-source.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { reasonToLeaveOut } from "../outcome/left-out.ts";
import { readAnnotated } from "./annotated-manifest.ts";
import type { AnnotatedManifest } from "./annotated-manifest.ts";

const CONCURRENT_READS = 8;
/** Attachments that a gate looks at, the first of the listing: an image has a few. */
const MOST_ATTACHMENTS = 200;

/**
 * Reads what is attached to a manifest: its referrers (distribution-spec, "Listing Referrers"), and what cosign attaches by tags. What cannot
 * be read counts as absent; a gate never takes it for granted.
 * @throws {RegistryError} when the source does not say, and may do so later.
 */
export async function readAttachments(
  subject: Digest,
  source: ManifestSource,
  signal: AbortSignal,
): Promise<readonly AnnotatedManifest[]> {
  // A tag has at most 128 characters: a sha512 digest does not fit.
  const tags = subject.startsWith("sha256:") ? cosignTags(subject) : [];
  const referrers = (await ifReadable(source.listReferrers(subject, signal))) ?? [];
  const read = [
    ...tags.map((tag) => (working: AbortSignal) => source.readManifest(tag, working)),
    ...referrers.map((referrer) => (working: AbortSignal) => source.fetchManifest(referrer, working)),
  ].slice(0, MOST_ATTACHMENTS);
  const readOne = (one: (working: AbortSignal) => Promise<Manifest | undefined>, working: AbortSignal) =>
    ifReadable(one(working));
  const manifests = await concurrently(read, CONCURRENT_READS, readOne, signal);
  return manifests.flatMap((manifest) => (manifest === undefined ? [] : (readAnnotated(manifest) ?? [])));
}

async function ifReadable<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: unknown) => {
    if (reasonToLeaveOut(error) === undefined) throw error;
    return undefined;
  });
}
