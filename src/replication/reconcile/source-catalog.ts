import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";
import { cosignTagSubject } from "../../oci/cosign-tags.ts";

/** A manifest of the source under one of its tags, or without a tag. */
export interface SourceImage {
  readonly tag?: Tag | undefined;
  readonly digest: Digest;
  /** When it was pushed, epoch milliseconds; 0 when the source does not say. */
  readonly pushedAt: number;
  /** When it was restored from an archive; epoch milliseconds. */
  readonly restoredAt?: number | undefined;
  /** The manifest it is attached to by its `subject` (image-spec, manifest.md). */
  readonly subject?: Digest | undefined;
  /** Its artifact type (see `artifactTypeOf`); absent when the source does not say. */
  readonly artifactType?: string | undefined;
  /** Compressed, of all its layers; of an index, of its largest platform. Absent when the source does not say. */
  readonly bytes?: number | undefined;
  readonly isIndex?: boolean | undefined;
}

/** The images of the source that can be pulled. */
export interface SourceCatalog {
  repositories(signal: AbortSignal): Promise<readonly RepositoryName[]>;
  /** Every tag, and every manifest without one. */
  tags(repository: RepositoryName, signal: AbortSignal): AsyncIterable<SourceImage>;
}

/** The tag of a source image, or its digest if it has no tag. */
export function referenceOf({ tag, digest }: Pick<SourceImage, "tag" | "digest">): Tag | Digest {
  return tag ?? digest;
}

/** The manifest that a source image is attached to, according to its `subject` or to a tag that follows cosign's scheme. */
export function subjectOf({ tag, subject }: SourceImage): Digest | undefined {
  return subject ?? (tag === undefined ? undefined : cosignTagSubject(tag));
}
