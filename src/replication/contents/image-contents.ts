import * as z from "zod";

/** A config or a layer. */
const ContainedBlob = z.object({
  /** The first 12 hex digits of its digest. */
  digest: z.string(),
  mediaType: z.string(),
  /** Bytes. */
  size: z.int().nonnegative(),
});

export const ContainedManifest = z.object({
  digest: z.string(),
  mediaType: z.string(),
  /** Bytes of the manifest itself. */
  size: z.int().nonnegative(),
  /** How far it is below the image's own manifest, which has 0; after a manifest come those that it names. */
  depth: z.int().nonnegative(),
  /** As its index has it: `linux/arm64/v8`. */
  platform: z.string().optional(),
  artifactType: z.string().optional(),
  /** The first 12 hex digits of the manifest that it is attached to. */
  subject: z.string().optional(),
  /** Bytes of its blobs, also of those that are not listed. */
  bytes: z.int().nonnegative(),
  blobs: z.array(ContainedBlob),
  /** Blobs that are not listed. */
  moreBlobs: z.int().nonnegative(),
});
export type ContainedManifest = z.infer<typeof ContainedManifest>;

/** What an image consisted of when it was last copied: its manifests with their blobs, and what is attached to them. */
export const ImageContents = z.object({
  /** Digest of the image that was read at the source. */
  digest: z.string(),
  /** Bytes of all blobs; a blob that several manifests name counts once. */
  bytes: z.int().nonnegative(),
  /** The image itself first, then what it names. */
  manifests: z.array(ContainedManifest),
  moreManifests: z.int().nonnegative(),
  /** Referrers: signatures, SBOMs, attestations. */
  attached: z.array(ContainedManifest),
  moreAttached: z.int().nonnegative(),
  /** Tags of cosign about it, which were copied with it. */
  tags: z.array(z.string()),
  moreTags: z.int().nonnegative(),
});
export type ImageContents = z.infer<typeof ImageContents>;

/** The contents of the image that a tag got last. */
export interface ImageContentsStore {
  /** @param key that of the tag's record. @throws {StoreError} when the store is unavailable. @throws the signal's reason. */
  write(key: string, contents: ImageContents, signal: AbortSignal): Promise<void>;
  /** Undefined when no copy has written them. @throws as `write`. */
  read(key: string, signal: AbortSignal): Promise<ImageContents | undefined>;
}

/** The same with half of its entries: for a store whose items have a limit. */
export function halved(contents: ImageContents): ImageContents {
  const { manifests, attached, tags } = contents;
  const [named, others, tagged] = [half(manifests), half(attached), half(tags)];
  return {
    ...contents,
    manifests: named.map(withFewerBlobs),
    moreManifests: contents.moreManifests + manifests.length - named.length,
    attached: others.map(withFewerBlobs),
    moreAttached: contents.moreAttached + attached.length - others.length,
    tags: tagged,
    moreTags: contents.moreTags + tags.length - tagged.length,
  };
}

const half = <Entry>(entries: readonly Entry[]): Entry[] => entries.slice(0, Math.floor(entries.length / 2));

function withFewerBlobs(manifest: ContainedManifest): ContainedManifest {
  const blobs = half(manifest.blobs);
  return { ...manifest, blobs, moreBlobs: manifest.moreBlobs + manifest.blobs.length - blobs.length };
}
