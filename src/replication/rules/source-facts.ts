import { createLruCache } from "../../async/lru.ts";
import { createSingleFlight } from "../../async/single-flight.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";
import { rulesOf } from "./evaluate-rules.ts";
import { newestTags } from "./newest-tags.ts";
import type { NewestTags } from "./newest-tags.ts";
import type { ReadOverrides } from "./repository-overrides.ts";
import type { ReplicationRule } from "./rule.ts";

/** An image as the source lists it, under one of its tags or without one. */
interface ListedImage {
  readonly tag?: Tag | undefined;
  readonly digest: Digest;
  /** Epoch milliseconds; 0 when the source does not say. */
  readonly pushedAt: number;
}

/** Where facts come from that rules may ask for. */
export interface FactSource {
  /** Undefined when there is no such manifest. */
  readonly manifest: (
    repository: RepositoryName,
    reference: Tag | Digest,
    signal: AbortSignal,
  ) => Promise<Manifest | undefined>;
  /** Undefined when there is no such image. */
  readonly image: (
    repository: RepositoryName,
    reference: Tag | Digest,
    signal: AbortSignal,
  ) => Promise<Pick<ListedImage, "digest" | "pushedAt"> | undefined>;
  readonly tags: (repository: RepositoryName, signal: AbortSignal) => AsyncIterable<ListedImage>;
  /** Absent: the tags of repositories are not obeyed. */
  readonly overrides?: ReadOverrides | undefined;
}

/** Facts about the source's images, read only when a rule asks for them. */
export interface SourceFacts extends Omit<FactSource, "tags"> {
  /** The newest tags of a repository, as they were a moment ago. */
  readonly newest: (repository: RepositoryName, signal: AbortSignal) => Promise<NewestTags>;
}

/** Pushes to one repository come in bursts: one listing serves those of so many milliseconds. */
const LISTING_FRESH_MS = 30_000;
const LISTED_REPOSITORIES = 100;

/** A repository that was deleted has no tags; the copy finds that out, too. */
function noneIfGone(error: unknown): readonly ListedImage[] {
  if (error instanceof RegistryError && error.code === "NAME_UNKNOWN") return [];
  throw error;
}

/** @param now epoch milliseconds. */
export function createSourceFacts(
  { tags, ...source }: FactSource,
  rules: readonly ReplicationRule[],
  now: () => number,
): SourceFacts {
  const flights = createSingleFlight<NewestTags>();
  const listings = createLruCache(LISTED_REPOSITORIES, (): { at: number; newest?: NewestTags } => ({ at: 0 }));

  async function list(repository: RepositoryName, signal: AbortSignal): Promise<NewestTags> {
    const at = now();
    const listed = await Array.fromAsync(tags(repository, signal)).catch(noneIfGone);
    const tagged = listed.flatMap(({ tag, pushedAt }) => (tag === undefined ? [] : [{ tag, pushedAt }]));
    const newest = newestTags(rulesOf(repository, rules), tagged);
    Object.assign(listings(repository), { at, newest });
    return newest;
  }

  return {
    ...source,
    async newest(repository, signal) {
      const { at, newest } = listings(repository);
      if (newest !== undefined && now() - at < LISTING_FRESH_MS) return newest;
      return flights.run(repository, (working) => list(repository, working), signal);
    },
  };
}
