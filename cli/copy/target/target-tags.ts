import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { createSingleFlight } from "../../../src/async/single-flight.ts";
import type { ListedTags } from "../../../src/registry/listings/list-tags.ts";

/** The tags that a target repository had when they were listed. */
export interface TargetTags {
  /** Undefined when they were not listed, or not all of them. */
  read(signal: AbortSignal): Promise<ReadonlySet<string> | undefined>;
}

export const UNLISTED: TargetTags = { read: () => Promise.resolve(undefined) };

/** Lists the tags once, at the first question: one request then tells which of many images are new. */
export function createTargetTags(list: (signal: AbortSignal) => Promise<ListedTags>): TargetTags {
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

/** Undefined when the registry does not list them: the images are then looked up one by one, which says why. */
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
