import * as z from "zod";
import type { Change, RecordStore } from "../state/record-store.ts";

/** Who has paused a repository, and when; epoch milliseconds. */
const RepositoryPause = z.object({ by: z.string(), since: z.number() });
export type RepositoryPause = z.infer<typeof RepositoryPause>;

/** The repositories of the source that operators have paused, by their names; one item of the table. */
export const PausedRepositories = z.record(z.string(), RepositoryPause);
export type PausedRepositories = z.infer<typeof PausedRepositories>;

/** The key of that item. */
export const PAUSED_REPOSITORIES = "repositories";
/** Repositories that may be paused at once: every copy reads the item. */
export const MOST_PAUSED = 200;

/** `already`: it is as the operator asks. */
export type PauseResult = "done" | "already" | "too-many";

/** Pauses a repository: its copies and deletions do not begin. */
export function pauseRepository(
  record: PausedRepositories | undefined,
  repository: string,
  pause: RepositoryPause,
): Change<PausedRepositories, PauseResult> {
  const known = record ?? {};
  if (Object.hasOwn(known, repository)) return { answer: "already" };
  if (Object.keys(known).length >= MOST_PAUSED) return { answer: "too-many" };
  return { next: { ...known, [repository]: pause }, answer: "done" };
}

/** Ends the pause of a repository. */
export function resumeRepository(
  record: PausedRepositories | undefined,
  repository: string,
): Change<PausedRepositories, Exclude<PauseResult, "too-many">> {
  if (record === undefined || !Object.hasOwn(record, repository)) return { answer: "already" };
  const { [repository]: _ended, ...others } = record;
  return { next: others, answer: "done" };
}

/** What a process knows of the pauses. */
export interface RepositoryPauses {
  /** The pause of a repository; undefined: it is not paused. @throws {StoreError} when the table is unavailable. */
  of(repository: string, signal: AbortSignal): Promise<RepositoryPause | undefined>;
}

/** How long a record that was read is trusted, in milliseconds: a copy may begin for so long after a pause. */
const CACHE_MS = 5_000;

/** Create it once per process. @param now epoch milliseconds. */
export function createRepositoryPauses(
  store: Pick<RecordStore<PausedRepositories>, "read">,
  now: () => number,
): RepositoryPauses {
  let cached: { readonly record: PausedRepositories; readonly at: number } | undefined;
  return {
    async of(repository, signal) {
      const at = now();
      if (cached === undefined || at - cached.at > CACHE_MS || at < cached.at) {
        cached = { record: (await store.read(PAUSED_REPOSITORIES, signal)) ?? {}, at };
      }
      const { record } = cached;
      return Object.hasOwn(record, repository) ? record[repository] : undefined;
    },
  };
}
