import { createLruCache } from "../../async/lru.ts";
import { createSingleFlight } from "../../async/single-flight.ts";
import type { RepositoryName } from "../../oci/reference.ts";

/** What the tags of a source repository say about its replication. They only restrict what the rules select. */
export interface RepositoryOverrides {
  /** False: nothing of the repository is copied. */
  readonly replicate: boolean;
  /** Copied to these destinations only. Absent: to those of the rules. */
  readonly destinations?: readonly string[];
  /** Tags that are not understood. */
  readonly unknown: readonly string[];
}

export type ReadOverrides = (repository: RepositoryName, signal: AbortSignal) => Promise<RepositoryOverrides>;

const PREFIX = "freightliner:";

/** The overrides in the tags of a repository. A value of `replicate` that is not understood holds back, because `off` was probably meant. */
export function overridesOf(tags: ReadonlyMap<string, string>): RepositoryOverrides {
  const replicate = tags.get(`${PREFIX}replicate`) ?? "on";
  const destinations = tags.get(`${PREFIX}destinations`);
  const isKnown = ([key, value]: readonly [string, string]): boolean =>
    key === `${PREFIX}destinations` || (key === `${PREFIX}replicate` && /^(?:on|off)$/.test(value));
  return {
    replicate: replicate === "on",
    // A tag's value cannot contain commas (ECR user guide, "Tagging a private repository").
    ...(destinations === undefined ? {} : { destinations: destinations.split(" ").filter((name) => name !== "") }),
    unknown: [...tags].filter((tag) => tag[0].startsWith(PREFIX) && !isKnown(tag)).map((tag) => tag.join("=")),
  };
}

/** Whether images of the repository may be copied to a destination. */
export function isAllowed(destination: string, overrides: RepositoryOverrides | undefined): boolean {
  if (overrides === undefined) return true;
  return overrides.replicate && overrides.destinations?.includes(destination) !== false;
}

/** How long an answer is used, in milliseconds. */
const FRESH_MS = 60_000;
const REPOSITORIES = 1_000;

/** Remembers overrides for a minute. While they cannot be read, the last known ones stay; without any, the error is thrown. */
export function rememberOverrides(read: ReadOverrides, now: () => number): ReadOverrides {
  const flights = createSingleFlight<RepositoryOverrides>();
  const known = createLruCache(REPOSITORIES, (): { at: number; overrides?: RepositoryOverrides } => ({ at: 0 }));
  return async (repository, signal) => {
    const last = known(repository);
    if (last.overrides !== undefined && now() - last.at < FRESH_MS) return last.overrides;
    try {
      const overrides = await flights.run(repository, (working) => read(repository, working), signal);
      Object.assign(last, { at: now(), overrides });
      return overrides;
    } catch (error) {
      if (last.overrides === undefined || signal.aborted) throw error;
      return last.overrides;
    }
  };
}
