import type { Digest } from "../../oci/digest.ts";
import type { Tag } from "../../oci/reference.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import type { RecordStore } from "../state/record-store.ts";
import { tagKey } from "../state/tag-record.ts";
import type { TagRecord } from "../state/tag-record.ts";
import type { Selection } from "./repository-target.ts";
import type { SourceImage } from "./source-catalog.ts";

/** What is known about the target. */
export interface SubsetTarget extends Pick<Selection, "platformsOf"> {
  /** The digests of tags that differ from the source's. */
  readonly listed: ReadonlyMap<Tag, Digest>;
  /** Prefix of the keys of its tag records, as in `CopyContext`. */
  readonly scope: string;
  readonly tags: Pick<RecordStore<TagRecord>, "read">;
}

const CONCURRENT_READS = 16;

/**
 * The images of which the target has the platforms that their rule chooses, in an index with another digest: the record of the tag says which image that
 * index stands for. Records of other images are not read.
 */
export async function copiedSubsets(
  images: readonly SourceImage[],
  target: SubsetTarget,
  signal: AbortSignal,
): Promise<ReadonlySet<SourceImage>> {
  const isCopied = async ({ image, tag, digest, platforms }: Candidate, working: AbortSignal): Promise<boolean> => {
    const replicated = (await target.tags.read(tagKey(target.scope, tag), working))?.replicated;
    if (replicated?.digest !== digest || replicated.origin?.digest !== image.digest) return false;
    return platforms.includes(replicated.origin.platforms);
  };
  const candidates = images.flatMap((image) => candidateOf(image, target));
  const copied = await concurrently(candidates, CONCURRENT_READS, isCopied, signal);
  return new Set(candidates.filter((_, at) => copied[at] === true).map(({ image }) => image));
}

interface Candidate {
  readonly image: SourceImage;
  readonly tag: Tag;
  readonly digest: Digest;
  readonly platforms: readonly string[];
}

function candidateOf(image: SourceImage, { listed, platformsOf }: SubsetTarget): Candidate[] {
  const { tag } = image;
  const digest = tag && listed.get(tag);
  if (tag === undefined || digest === undefined) return [];
  const platforms = platformsOf(image);
  return platforms.length === 0 ? [] : [{ image, tag, digest, platforms }];
}
