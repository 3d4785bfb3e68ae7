import type { Digest } from "../../oci/digest.ts";
import type { ImageSource } from "../../oci/image-source.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { successors } from "../../oci/manifest.ts";
import { manifestKind } from "../../oci/media-type.ts";
import { formatFilter, formatPlatform } from "../../oci/platform.ts";
import type { PlatformFilter } from "../../oci/platform.ts";
import type { ImageOrigin } from "../outcome/copy-report.ts";
import { reasonToLeaveOut } from "../outcome/left-out.ts";
import type { LeftOut } from "../outcome/left-out.ts";
import type { TagRecord } from "../state/tag-record.ts";
import { bestMatches, findPlatforms } from "./find-platforms.ts";
import { resolveCosignTags } from "./find-cosign-tags.ts";
import type { FoundImages } from "./find-platforms.ts";
import { stripIndex } from "./strip-index.ts";
import type { StrippedIndex } from "./strip-index.ts";

/** What is copied of an image whose rule chooses platforms. */
export interface PlatformSubset {
  readonly kind: "chosen";
  /** What the tag names at the target. */
  readonly root: Manifest;
  /** Manifests that are not copied, although an index which is copied may name them. */
  readonly excluded: ReadonlySet<Digest>;
  /** Indexes that the source does not have: they name only chosen platforms. By their digest. */
  readonly stripped: ReadonlyMap<Digest, StrippedIndex>;
  readonly leftOut: readonly LeftOut[];
  /** What it is a part of; undefined for a whole image. */
  readonly origin: ImageOrigin | undefined;
}

/** `none`: the image has platforms, and the rule chooses none of them. */
export type ChosenPlatforms = PlatformSubset | { readonly kind: "none" };

/** The whole of an image. */
export function wholeImage(root: Manifest): PlatformSubset {
  return { kind: "chosen", root, excluded: new Set(), stripped: new Map(), leftOut: [], origin: undefined };
}

/**
 * Chooses the platforms of an image, across its nested indexes: the best match of each platform of the rule, and BuildKit's attestations
 * of those. What has no platform (an artifact, an image whose config names none) is never left out.
 * @throws {FormatError} @throws {RegistryError} of the source. @throws {MissingContentError}
 */
export async function choosePlatforms(
  root: Manifest,
  filter: PlatformFilter,
  source: Pick<ImageSource, "fetchManifest" | "openBlob">,
  signal: AbortSignal,
): Promise<ChosenPlatforms> {
  const kind = manifestKind(root.mediaType);
  if (kind !== "index" && kind !== "image") return wholeImage(root);
  const found = await findPlatforms(root, source, signal);
  const kept = keptDigests(found, filter);
  if (kept === undefined) return { kind: "none" };
  const excluded = found.images.map((image) => image.root.digest).filter((digest) => !kept.has(digest));
  if (excluded.length === 0) return wholeImage(root);
  const origin = { digest: root.digest, platforms: formatFilter(filter) };
  const copied = `its rule copies only ${filter.include.map(formatPlatform).join(", ")}`;
  const named = new Map(found.images.map(({ root: { digest }, platform }) => [digest, platform]));
  const leftOut = [...new Set(excluded)].map((digest) => {
    const platform = named.get(digest);
    const problem = platform === undefined ? copied : `it is ${formatPlatform(platform)}, and ${copied}`;
    return { kind: "platform", digest, problem } as const;
  });
  if (filter.keep === "sparse") {
    const all = new Set([...excluded, ...emptied(found, new Set(excluded))]);
    return { kind: "chosen", root, excluded: all, stripped: new Map(), leftOut, origin };
  }
  const stripped = stripIndex(root, { ...found, excluded: new Set(excluded) });
  return { kind: "chosen", excluded: new Set(), leftOut, origin, ...stripped };
}

/** Undefined when no platform is chosen although there are some. */
function keptDigests({ images }: FoundImages, { include }: PlatformFilter): ReadonlySet<Digest> | undefined {
  const chosen = new Set(include.flatMap((wanted) => bestMatches(images, wanted)).map(({ root }) => root.digest));
  if (chosen.size === 0 && images.some(({ platform }) => platform !== undefined)) return undefined;
  const others = images.filter(
    ({ platform, describes }) => platform === undefined && (describes === undefined || chosen.has(describes)),
  );
  return new Set([...chosen, ...others.map(({ root }) => root.digest)]);
}

/** The nested indexes of which nothing is chosen. */
function emptied({ indexes }: FoundImages, excluded: ReadonlySet<Digest>): Digest[] {
  const isEmptied = (digest: Digest): boolean => {
    const index = indexes.get(digest);
    if (index === undefined) return excluded.has(digest);
    const { manifests } = successors(index.bytes, index.mediaType);
    return manifests.length > 0 && manifests.every((child) => isEmptied(child.digest));
  };
  return [...indexes.keys()].filter(isEmptied);
}

/** True when the target has the index, but was given other platforms of it than are wanted now: a digest does not tell that. */
export function hasOtherPlatforms(
  { replicated }: Pick<TagRecord, "replicated">,
  { root, origin }: PlatformSubset,
): boolean {
  const before = replicated?.digest === root.digest ? replicated.origin : undefined;
  const isSparse = before !== undefined && before.digest === root.digest;
  return isSparse && before.platforms !== origin?.platforms;
}

/** The source, with the stripped indexes of an image. Nothing is attached to these. */
export function withStripped(source: ImageSource, { stripped }: PlatformSubset): ImageSource {
  if (stripped.size === 0) return source;
  return {
    ...source,
    fetchManifest: (wanted, signal) =>
      Promise.resolve(stripped.get(wanted.digest)?.manifest ?? source.fetchManifest(wanted, signal)),
    listReferrers: (subject, signal, mayHaveTag) =>
      stripped.has(subject) ? Promise.resolve([]) : source.listReferrers(subject, signal, mayHaveTag),
  };
}

/** The attachments of the indexes that were stripped: the target has no manifest that they could be attached to. */
export async function lostAttachments(
  { stripped }: PlatformSubset,
  source: Pick<ImageSource, "listReferrers" | "resolve">,
  signal: AbortSignal,
): Promise<LeftOut[]> {
  const leftOut: LeftOut[] = [];
  for (const { original, manifest } of stripped.values()) {
    const problem = `it is attached to ${original}, which the target has as ${manifest.digest}, with fewer platforms`;
    try {
      const [referrers, tags] = await Promise.all([
        source.listReferrers(original, signal),
        resolveCosignTags([original], source, signal),
      ]);
      const digests = new Set([...referrers, ...tags.map(({ root }) => root)].map(({ digest }) => digest));
      leftOut.push(...[...digests].map((digest) => ({ kind: "attachment", digest, problem }) as const));
    } catch (error) {
      const reason = reasonToLeaveOut(error);
      if (reason === undefined) throw error;
      leftOut.push({ kind: "attachments", digest: original, problem: reason });
    }
  }
  return leftOut;
}
