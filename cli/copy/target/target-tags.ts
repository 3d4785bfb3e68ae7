import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import type { Tag } from "../../../src/oci/reference.ts";
import { createSingleFlight } from "../../../src/async/single-flight.ts";

/** The tags that a target repository had when they were listed. */
export interface TargetTags {
  /** Undefined when they were not listed, or could not be. */
  read(signal: AbortSignal): Promise<ReadonlySet<string> | undefined>;
}

export const UNLISTED: TargetTags = { read: () => Promise.resolve(undefined) };

/** With more tags, a request for each image costs less than the listing. */
const WORTHWHILE_TAGS = 10;

/**
 * Lists the tags once, at the first question: one request then tells which of many images are new. A listing that has over
 * {@link WORTHWHILE_TAGS} times as many tags as there are images, or fails, is given up.
 */
export function createTargetTags(list: (signal: AbortSignal) => AsyncIterable<Tag>, images: number): TargetTags {
  const listing = createSingleFlight<ReadonlySet<string> | undefined>();
  let listed: { readonly tags: ReadonlySet<string> | undefined } | undefined;
  const listNow = async (signal: AbortSignal): Promise<ReadonlySet<string> | undefined> => {
    const tags = await listUpTo(list(signal), Math.max(images * WORTHWHILE_TAGS, 1_000));
    listed = { tags };
    return tags;
  };
  return {
    read: (signal) => (listed === undefined ? listing.run("", listNow, signal) : Promise.resolve(listed.tags)),
  };
}

/** Undefined when there are more, or the registry does not list them: the images are then looked up one by one, which says why. */
async function listUpTo(list: AsyncIterable<Tag>, most: number): Promise<ReadonlySet<string> | undefined> {
  const tags = new Set<string>();
  try {
    for await (const tag of list) {
      tags.add(tag);
      if (tags.size > most) return undefined;
    }
    return tags;
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}
