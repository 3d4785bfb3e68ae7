import { isCompanionTag } from "../../src/oci/referrers.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { Reference, Tag } from "../../src/oci/reference.ts";
import { listTags } from "../../src/registry/listings/tags.ts";
import { createRepositoryClient } from "../../src/registry/client/repository-client.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import type { Repositories } from "../registry-access/repositories.ts";
import { UsageError } from "../errors/usage-error.ts";
import type { TagFilter } from "./tag-filter.ts";
import type { CopySpec } from "./copy-options.ts";

/** One image to copy. */
export interface ImagePair {
  readonly source: Reference;
  readonly target: Reference;
}

/** The tag of distribution-spec, "Referrers Tag Schema": what it lists is copied with the image, and listed anew. */
const REFERRERS_TAG = /^sha(?:256|512)-[0-9a-f]{64}$/;

/**
 * The images that orders name, in their order; lists the tags of repositories where an order takes several.
 * @throws {UsageError} when two of them would be written to one place. @throws {NotFoundError} when an order names none.
 */
export async function expandTags(
  orders: readonly CopySpec[],
  repositories: Pick<Repositories, "endpoint">,
  signal: AbortSignal,
): Promise<ImagePair[]> {
  const pairs: ImagePair[] = [];
  for (const { source, target, tags } of orders) {
    if (tags === undefined) pairs.push({ source, target });
    else
      pairs.push(...(await tagsOf(source, tags, repositories, signal)).map((tag) => withTag({ source, target }, tag)));
  }
  refuseSamePlace(pairs);
  return pairs;
}

function withTag({ source, target }: ImagePair, tag: Tag): ImagePair {
  return { source: { ...source, tag }, target: { ...target, tag } };
}

async function tagsOf(
  source: Reference,
  { takes, text }: TagFilter,
  repositories: Pick<Repositories, "endpoint">,
  signal: AbortSignal,
): Promise<Tag[]> {
  const client = createRepositoryClient(await repositories.endpoint("source", source));
  const all: Tag[] = [];
  // Signatures and the like are copied with their images.
  for await (const tag of listTags(client, signal)) if (!isCompanionTag(tag) && !REFERRERS_TAG.test(tag)) all.push(tag);
  const taken = all.filter(takes);
  if (taken.length > 0) return taken;
  const has = all.length === 0 ? "it has no tags" : `it has ${all.length}, such as ${all.slice(0, 5).join(", ")}`;
  throw new NotFoundError(`${formatReference(source)} has none of ${text}; ${has}`);
}

function refuseSamePlace(pairs: readonly ImagePair[]): void {
  const places = new Map<string, Reference>();
  for (const { source, target } of pairs) {
    const place = formatReference({ ...target, tag: target.tag ?? source.tag, digest: target.digest ?? source.digest });
    const other = places.get(place);
    if (other !== undefined) {
      const both = `${formatReference(other)} and ${formatReference(source)}`;
      throw new UsageError(`${both} would both be ${place}; copy them one by one`, { command: "copy" });
    }
    places.set(place, source);
  }
}
