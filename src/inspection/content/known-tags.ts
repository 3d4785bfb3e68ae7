import { createSingleFlight } from "../../async/single-flight.ts";
import { isCosignTag } from "../../oci/cosign-tags.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { ImageSource, MayHaveTag } from "../../oci/image-source.ts";

/** Tags of a repository, and whether it has no others. */
interface ListedTags {
  readonly tags: ReadonlySet<string>;
  readonly isComplete: boolean;
}

/** The tags that a repository had when they were listed. */
export interface KnownTags {
  /** Undefined when they were not listed, or not all of them. */
  read(signal: AbortSignal): Promise<ReadonlySet<string> | undefined>;
}

export const UNLISTED: KnownTags = { read: () => Promise.resolve(undefined) };

/** Of tags that are listed already; undefined when they were not listed. */
export function alreadyListed(tags: ReadonlySet<string> | undefined): KnownTags {
  return tags === undefined ? UNLISTED : { read: () => Promise.resolve(tags) };
}

/** Lists the tags once, at the first question: one request then tells about many tags. */
export function createKnownTags(list: (signal: AbortSignal) => Promise<ListedTags>): KnownTags {
  const listing = createSingleFlight<ReadonlySet<string> | undefined>();
  let listed: { readonly tags: ReadonlySet<string> | undefined } | undefined;
  const listNow = async (signal: AbortSignal): Promise<ReadonlySet<string> | undefined> => {
    const tags = await listUnlessRefused(list, signal);
    listed = { tags };
    return tags;
  };
  return {
    read: (signal) => (listed === undefined ? listing.run("", listNow, signal) : Promise.resolve(listed.tags)),
  };
}

/** Undefined when the registry does not list them: the tags are then looked up one by one, which says why. */
async function listUnlessRefused(
  list: (signal: AbortSignal) => Promise<ListedTags>,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  try {
    const { tags, isComplete } = await list(signal);
    return isComplete ? tags : undefined;
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}

/** Sends no request for cosign and referrers tags that the listing does not have. */
export function withKnownTags(source: ImageSource, tags: KnownTags): ImageSource {
  if (tags === UNLISTED) return source;
  const mayHaveTag: MayHaveTag = async (tag, signal) => (await tags.read(signal))?.has(tag) !== false;
  return {
    ...source,
    resolve: async (reference, signal) =>
      isCosignTag(reference) && !(await mayHaveTag(reference, signal)) ? undefined : source.resolve(reference, signal),
    listReferrers: (subject, signal) => source.listReferrers(subject, signal, mayHaveTag),
  };
}
