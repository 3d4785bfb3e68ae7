import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { createSingleFlight } from "../../async/single-flight.ts";
import { listTags } from "./list-tags.ts";

/** How long the result for an empty repository is cached, in milliseconds. */
const EMPTY_MS = 60_000;

/** Checks whether a repository has no tags. Concurrent callers share a listing; "not empty" is cached for good. */
export function createEmptyRepositoryCheck(client: RepositoryClient): (signal: AbortSignal) => Promise<boolean> {
  let known: { readonly isEmpty: boolean; readonly at: number } | undefined;
  const asking = createSingleFlight<boolean>();
  const ask = async (signal: AbortSignal): Promise<boolean> => {
    const at = client.runtime.clock.now();
    const isEmpty = await hasNoTags(client, signal);
    known = { isEmpty, at };
    return isEmpty;
  };
  return async (signal) => {
    const isGood = known !== undefined && (!known.isEmpty || client.runtime.clock.now() - known.at < EMPTY_MS);
    return known !== undefined && isGood ? known.isEmpty : asking.run("", ask, signal);
  };
}

async function hasNoTags(client: RepositoryClient, signal: AbortSignal): Promise<boolean> {
  try {
    for await (const _tag of listTags(client, signal, 1)) return false;
    return true;
  } catch (error) {
    // Without a listing, each blob has to be checked. Busy and unreachable registries are failures.
    if (error instanceof RegistryError && error.status !== undefined && error.status !== 429) return false;
    throw error;
  }
}
