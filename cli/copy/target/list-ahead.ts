import { ignoreRejectionUntilAwaited } from "../../../src/async/late-rejection.ts";
import { formatReference } from "../../../src/oci/reference.ts";
import type { Repository } from "../../../src/oci/reference.ts";
import { readTags } from "../../../src/registry/listings/list-tags.ts";
import type { ListedTags } from "../../../src/registry/listings/list-tags.ts";
import type { Repositories } from "../../registry-access/repositories.ts";
import type { CopySpec } from "../copy-options.ts";

/** Tags of target repositories that are being listed, by the names of the repositories. */
export type ListedAhead = ReadonlyMap<string, Promise<ListedTags>>;

/** A listing ahead of time ends when it has more tags: how many are worthwhile depends on the images, which are not known yet. */
export const MOST_AHEAD = 1_000;
/** With more repositories, each listing waits until its images are known. */
const MOST_REPOSITORIES = 16;

/**
 * Lists the tags of the targets while those of the sources are listed, for specs that select many tags: the answers are needed one after the other, the requests
 * need not be.
 */
export function listAhead(
  specs: readonly CopySpec[],
  repositories: Pick<Repositories, "client">,
  signal: AbortSignal,
): ListedAhead {
  const targets = new Map<string, Repository>();
  for (const { target, tags } of specs) if (tags !== undefined) targets.set(nameOf(target), target);
  if (targets.size > MOST_REPOSITORIES) return new Map();
  const list = async (repository: Repository): Promise<ListedTags> =>
    readTags(await repositories.client("target", repository), signal, MOST_AHEAD);
  return new Map(
    [...targets].map(([name, repository]) => [name, ignoreRejectionUntilAwaited(list(repository))] as const),
  );
}

export function nameOf({ registry, name }: Repository): string {
  return formatReference({ registry, name });
}
