import { concurrently } from "../../async/run-concurrently.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import { CONCURRENT_REPOSITORIES } from "../plan/compare-all.ts";
import type { InspectionResult, RunningInspection, Step } from "./inspection-record.ts";
import { nextRepositories, TOO_LONG } from "./next-repositories.ts";

/** What is done with repositories, and what was found of them. */
export interface RepositoryWork {
  readonly inspect: (repository: RepositoryName, signal: AbortSignal) => Promise<void>;
  /** Notes a repository that is left out. */
  readonly failed: (name: string, problem: string) => void;
  /** Called when all repositories of a step are done; what it answers does not change any more. */
  readonly found: (signal: AbortSignal) => Promise<InspectionResult>;
}

/** Inspects repositories in the order of their names, as many at once as the command does. The first step says how many there are. */
export async function* repositorySteps(
  selected: readonly RepositoryName[],
  { after, idle }: Pick<RunningInspection, "after" | "idle">,
  { inspect, failed, found }: RepositoryWork,
  signal: AbortSignal,
): AsyncGenerator<Step> {
  const total = selected.length;
  const { batches, tooLong } = nextRepositories(selected, { after, idle, most: CONCURRENT_REPOSITORIES });
  if (tooLong !== undefined) failed(tooLong, TOO_LONG);
  let done = total - batches.flat().length;
  const first = { after: tooLong ?? after, done, total };
  // Nothing has ended yet: a repository that does not fit into an invocation shows by claims without such a step.
  if (tooLong !== undefined || idle === 0 || batches.length === 0) yield { ...first, result: await found(signal) };
  for (const batch of batches) {
    await concurrently(batch, CONCURRENT_REPOSITORIES, inspect, signal);
    done += batch.length;
    yield { after: batch.at(-1) ?? after, done, total, result: await found(signal) };
  }
}
