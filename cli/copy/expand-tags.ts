import { isCosignTag } from "../../src/oci/cosign-tags.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { Reference, Repository, Tag } from "../../src/oci/reference.ts";
import { concurrently } from "../../src/async/run-concurrently.ts";
import { readTags } from "../../src/registry/listings/list-tags.ts";
import type { ListedTags } from "../../src/registry/listings/list-tags.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import type { Repositories } from "../registry-access/repositories.ts";
import { UsageError } from "../errors/usage-error.ts";
import { byNaturalOrder } from "./natural-order.ts";
import type { TagFilter } from "./tag-filter.ts";
import type { CopySpec } from "./copy-options.ts";

/** One image to copy, and where it goes. */
export interface ImagePair {
  readonly source: Reference;
  readonly target: Reference;
  /** All tags of the source's repository, where all were listed. */
  readonly sourceTags?: ReadonlySet<string>;
}

const CONCURRENT_LISTINGS = 16;

/** distribution-spec, "Referrers Tag Schema". Referrers are copied with their image, which also writes this tag at the target. */
export const REFERRERS_TAG: RegExp = /^sha(?:256|512)-[0-9a-f]{64}$/;

/**
 * The images that the specs select, in order. Lists the tags of a repository where a spec selects by tag.
 * @throws {UsageError} when two images have the same target, or when a registry truncates its listing: tags would be left out silently.
 * @throws {NotFoundError} when a spec selects no image.
 */
export async function expandTags(
  specs: readonly CopySpec[],
  repositories: Pick<Repositories, "client">,
  signal: AbortSignal,
): Promise<ImagePair[]> {
  const tagsOf = createSourceListings(repositories);
  const expand = async ({ source, target, tags: filter }: CopySpec, working: AbortSignal): Promise<ImagePair[]> => {
    if (filter === undefined) return [{ source, target }];
    const { tags: sourceTags, isComplete } = await tagsOf(source, working);
    if (!isComplete) throw truncated(source);
    return matchingTags(source, filter, sourceTags).map((tag) => ({ ...withTag({ source, target }, tag), sourceTags }));
  };
  const pairs = (await concurrently(specs, CONCURRENT_LISTINGS, expand, signal)).flat();
  refuseSameTarget(pairs);
  return pairs;
}

function truncated({ registry, name }: Repository): UsageError {
  const problem = `${formatReference({ registry, name })} may have more tags than Google lists`;
  return new UsageError(`${problem}; copy the tags you need by name`, { command: "copy" });
}

function withTag({ source, target }: ImagePair, tag: Tag): ImagePair {
  return { source: { ...source, tag }, target: { ...target, tag } };
}

type TagsOf = (source: Repository, signal: AbortSignal) => Promise<ListedTags>;

/** Lists the tags of each repository once, however many specs select from it. */
function createSourceListings(repositories: Pick<Repositories, "client">): TagsOf {
  const known = new Map<string, Promise<ListedTags>>();
  const list = async (source: Repository, signal: AbortSignal): Promise<ListedTags> =>
    readTags(await repositories.client("source", source), signal);
  return ({ registry, name }, signal) => {
    const key = formatReference({ registry, name });
    const listing = known.get(key) ?? list({ registry, name }, signal);
    known.set(key, listing);
    return listing;
  };
}

/** @throws {NotFoundError} when none matches. */
function matchingTags(
  source: Reference,
  { matches, description }: TagFilter,
  sourceTags: ReadonlySet<Tag>,
): readonly Tag[] {
  // Companion tags (signatures, attestations, SBOMs) are copied with their image.
  const all = [...sourceTags].filter((tag) => !isCosignTag(tag) && !REFERRERS_TAG.test(tag));
  // Registries list tags in any order.
  const tags = all.filter(matches).toSorted(byNaturalOrder);
  if (tags.length > 0) return tags;
  const has = all.length === 0 ? "it has no tags" : `it has ${all.length}, such as ${all.slice(0, 5).join(", ")}`;
  throw new NotFoundError(`${formatReference(source)} has none of ${description}; ${has}`);
}

function refuseSameTarget(pairs: readonly ImagePair[]): void {
  const sources = new Map<string, Reference>();
  for (const { source, target } of pairs) {
    const written = formatReference({
      ...target,
      tag: target.tag ?? source.tag,
      digest: target.digest ?? source.digest,
    });
    const other = sources.get(written);
    if (other !== undefined) {
      const both = `${formatReference(other)} and ${formatReference(source)}`;
      throw new UsageError(`${both} would both be written to ${written}; copy them one by one`, { command: "copy" });
    }
    sources.set(written, source);
  }
}
