import { createLruCache } from "../../async/lru.ts";
import { createSingleFlight } from "../../async/single-flight.ts";
import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";
import type { TagListing } from "../../oci/tag-listing.ts";

type Tags = ReadonlyMap<Tag, Digest>;

/** How long a list is used, in milliseconds: a round of deletions in one repository. */
const FRESH_MS = 60_000;
/** Lists in memory: repositories are compared a few at a time. */
const REPOSITORIES = 8;

/** The tags of repositories. Many questions about one repository within a minute cost one listing. */
export function createTagLists(
  listingOf: (repository: RepositoryName) => TagListing,
  now: () => number,
): (repository: RepositoryName, signal: AbortSignal) => Promise<Tags> {
  const flights = createSingleFlight<Tags>();
  const known = createLruCache(REPOSITORIES, (): { at: number; tags?: Tags } => ({ at: 0 }));
  return async (repository, signal) => {
    const last = known(repository);
    if (last.tags !== undefined && now() - last.at < FRESH_MS) return last.tags;
    return flights.run(
      repository,
      async (working) => {
        const at = now();
        const tags = new Map<Tag, Digest>();
        for await (const { tag, digest } of listingOf(repository)(working))
          if (tag !== undefined) tags.set(tag, digest);
        // An empty list proves nothing: it may be a repository that is hidden for now.
        if (tags.size > 0) Object.assign(last, { at, tags });
        return tags;
      },
      signal,
    );
  };
}
