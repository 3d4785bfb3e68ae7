import { unlessAborted } from "../../../src/async/abort.ts";
import type { Repository } from "../../../src/oci/reference.ts";
import { readTags } from "../../../src/registry/listings/list-tags.ts";
import type { Repositories } from "../../registry-access/repositories.ts";
import { createKnownTags, UNLISTED } from "../../../src/inspection/content/known-tags.ts";
import type { KnownTags } from "../../../src/inspection/content/known-tags.ts";
import { MOST_AHEAD, nameOf } from "./list-ahead.ts";
import type { ListedAhead } from "./list-ahead.ts";
import { createTargetRepository } from "../../../src/inspection/content/target-repository.ts";
import type { TargetRepository } from "../../../src/inspection/content/target-repository.ts";

/** The target repositories of a run. Disposal waits until nothing is sent to them any more. */
export interface TargetRepositories extends AsyncDisposable {
  of(repository: Repository): Promise<TargetRepository>;
}

/** From this many images for one repository on, its tags are listed. */
const WORTH_LISTING = 4;
/** With over this many times as many tags as images, a request for each image costs less than the listing. */
const WORTHWHILE_TAGS = 10;

/**
 * @param targets the repository of each image, so that it is known how many go to each.
 * @param ahead listings that have begun.
 */
export function createTargetRepositories(
  targets: readonly Repository[],
  repositories: Pick<Repositories, "target" | "client">,
  ahead: ListedAhead = new Map(),
): TargetRepositories {
  const images = Map.groupBy(targets, nameOf);
  const known = new Map<string, Promise<TargetRepository>>();

  async function tagsOf(repository: Repository): Promise<KnownTags> {
    const count = images.get(nameOf(repository))?.length ?? 0;
    if (count < WORTH_LISTING) return UNLISTED;
    const client = await repositories.client("target", repository);
    const most = Math.max(count * WORTHWHILE_TAGS, MOST_AHEAD);
    return createKnownTags(async (signal) => {
      const listed = await unlessAborted(ahead.get(nameOf(repository)) ?? Promise.resolve(undefined), signal);
      if (listed !== undefined && (listed.isComplete || most === MOST_AHEAD)) return listed;
      return readTags(client, signal, most);
    });
  }

  const open = async (repository: Repository): Promise<TargetRepository> =>
    createTargetRepository(await repositories.target(repository), await tagsOf(repository));

  return {
    of(repository) {
      const name = nameOf(repository);
      const found = known.get(name) ?? open(repository);
      known.set(name, found);
      return found;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...known.values()].map(settled));
    },
  };
}

async function settled(opening: Promise<TargetRepository>): Promise<void> {
  const opened = await opening.catch(() => undefined);
  await opened?.content.settled();
}
