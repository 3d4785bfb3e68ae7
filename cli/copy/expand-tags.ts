import { isCosignTag } from "../../src/oci/cosign-tags.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { Reference, Tag } from "../../src/oci/reference.ts";
import { listTags } from "../../src/registry/listings/list-tags.ts";
import { createRepositoryClient } from "../../src/registry/client/repository-client.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import type { Repositories } from "../registry-access/repositories.ts";
import { UsageError } from "../errors/usage-error.ts";
import type { TagFilter } from "./tag-filter.ts";
import type { CopySpec } from "./copy-options.ts";

/** One image to copy, and where it goes. */
export interface ImagePair {
  readonly source: Reference;
  readonly target: Reference;
  /** All tags of the source's repository, where they were listed. */
  readonly sourceTags?: ReadonlySet<string>;
}

/** distribution-spec, "Referrers Tag Schema". Referrers are copied with their image, which also writes this tag at the target. */
const REFERRERS_TAG = /^sha(?:256|512)-[0-9a-f]{64}$/;

/**
 * The images that the specs select, in order. Lists the tags of a repository where a spec selects by tag.
 * @throws {UsageError} when two images have the same target. @throws {NotFoundError} when a spec selects no image.
 */
export async function expandTags(
  specs: readonly CopySpec[],
  repositories: Pick<Repositories, "endpoint">,
  signal: AbortSignal,
): Promise<ImagePair[]> {
  const pairs: ImagePair[] = [];
  for (const { source, target, tags: filter } of specs) {
    if (filter === undefined) {
      pairs.push({ source, target });
      continue;
    }
    const { tags, sourceTags } = await listMatchingTags(source, filter, repositories, signal);
    for (const tag of tags) pairs.push({ ...withTag({ source, target }, tag), sourceTags });
  }
  refuseSameTarget(pairs);
  return pairs;
}

function withTag({ source, target }: ImagePair, tag: Tag): ImagePair {
  return { source: { ...source, tag }, target: { ...target, tag } };
}

async function listMatchingTags(
  source: Reference,
  { matches, description }: TagFilter,
  repositories: Pick<Repositories, "endpoint">,
  signal: AbortSignal,
): Promise<{ readonly tags: readonly Tag[]; readonly sourceTags: ReadonlySet<string> }> {
  const client = createRepositoryClient(await repositories.endpoint("source", source));
  const sourceTags = new Set(await Array.fromAsync(listTags(client, signal)));
  // Companion tags (signatures, attestations, SBOMs) are copied with their image.
  const all = [...sourceTags].filter((tag) => !isCosignTag(tag) && !REFERRERS_TAG.test(tag));
  const tags = all.filter(matches);
  if (tags.length > 0) return { tags, sourceTags };
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
