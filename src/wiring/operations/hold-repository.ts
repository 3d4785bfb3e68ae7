import { PAUSED_REPOSITORIES, pauseRepository, resumeRepository } from "../../replication/holds/paused-repositories.ts";
import type { PauseResult } from "../../replication/holds/paused-repositories.ts";
import type { Operations } from "./open-operations.ts";

type Stores = Pick<Operations, "stores" | "signal" | "awsTime">;

/** Pauses a repository of the source for every destination: within seconds no copy of it begins. Running copies end. */
export function holdRepository(
  repository: string,
  by: string,
  { stores, signal, awsTime }: Stores,
): Promise<PauseResult> {
  return stores.pausedRepositories.update(
    PAUSED_REPOSITORIES,
    (record) => pauseRepository(record, repository, { by, since: awsTime() }),
    signal,
  );
}

/** Ends that: within a minute the probe function requests what waits. */
export function releaseRepository(
  repository: string,
  { stores, signal }: Stores,
): Promise<Exclude<PauseResult, "too-many">> {
  return stores.pausedRepositories.update(
    PAUSED_REPOSITORIES,
    (record) => resumeRepository(record, repository),
    signal,
  );
}
