import type { ReconcileRecord } from "../cycle/cycle-record.ts";
import type { Change } from "../state/record-store.ts";

/** Key of the record of repositories whose deletes are mirrored; it has the form of a cycle. */
export const MIRRORED = "mirrored";
/** An item has 400 KB at most (DynamoDB quotas), and a name 256 bytes. Further repositories are not remembered. */
const MOST_REPOSITORIES = 1_000;

interface Listed {
  readonly listed: readonly string[];
  /** True when some rule for the repository deletes tags. */
  readonly isMirrored: (repository: string) => boolean;
}

/** Remembers the repositories that a comparison lists. @returns those that an earlier one listed, and that the source does not list any more. */
export function noteRepositories(
  record: ReconcileRecord | undefined,
  { listed, isMirrored }: Listed,
): Change<ReconcileRecord, readonly string[]> {
  const known = record?.subjects ?? [];
  const all = new Set(listed);
  const gone = known.filter((name) => !all.has(name) && isMirrored(name));
  const subjects = [...gone, ...listed.filter(isMirrored)].slice(0, MOST_REPOSITORIES).toSorted();
  if (subjects.join(" ") === known.join(" ")) return { answer: gone };
  return { next: { startedAt: 0, after: "", finishedAt: 0, subjects }, answer: gone };
}

/** Forgets a deleted repository of which no target has a tag that the rules would delete. */
export function forgetRepository(record: ReconcileRecord | undefined, name: string): Change<ReconcileRecord, void> {
  if (record?.subjects?.includes(name) !== true) return { answer: undefined };
  return { next: { ...record, subjects: record.subjects.filter((each) => each !== name) }, answer: undefined };
}
