import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";
import { cosignTagSubject } from "../../oci/cosign-tags.ts";

/** A manifest of the source: one for each of its tags, or one without a tag. */
export interface SourceImage {
  readonly tag?: Tag | undefined;
  readonly digest: Digest;
  /** When it was pushed, epoch milliseconds; 0 when the source does not say. */
  readonly pushedAt: number;
  /** When it came back from an archive; epoch milliseconds. */
  readonly restoredAt?: number | undefined;
  /** The manifest it is attached to by its `subject` (image-spec, manifest.md). */
  readonly subject?: Digest | undefined;
}

/** What the source hasManifest: only what can be pulled. */
export interface SourceCatalog {
  repositories(signal: AbortSignal): Promise<readonly RepositoryName[]>;
  /** Every tag, and every manifest without one. */
  tags(repository: RepositoryName, signal: AbortSignal): AsyncIterable<SourceImage>;
}

/** By what a manifest of the source is known: its tag, or its digest. */
export function referenceOf({ tag, digest }: Pick<SourceImage, "tag" | "digest">): Tag | Digest {
  return tag ?? digest;
}

/** What a manifest of the source is attached to, by its subject or by a tag as cosign makes them. */
export function subjectOf({ tag, subject }: SourceImage): Digest | undefined {
  return subject ?? (tag === undefined ? undefined : cosignTagSubject(tag));
}
