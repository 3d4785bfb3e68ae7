import type { Digest } from "../../oci/digest.ts";
import type { Tag } from "../../oci/reference.ts";
import type { Change } from "../state/record-store.ts";
import { isSame, MAX_TOMBSTONES, newDeletionRecord } from "./deletion-record.ts";
import type { DeletionRecord, TagAtTarget, Tombstone } from "./deletion-record.ts";
import type { Candidate } from "./find-candidates.ts";

/** What a comparison knows about one repository. Times are epoch milliseconds. */
export interface Seen {
  readonly repository: string;
  /** Tags of the target that the rules would delete. */
  readonly candidates: readonly Candidate[];
  /** Candidates without a tombstone that a copy of this deployment has put there. */
  readonly ours: readonly TagAtTarget[];
  /** What the target lists. */
  readonly target: ReadonlyMap<Tag, Digest>;
  /** True when the source lists the tag. */
  readonly isAtSource: (tag: Tag) => boolean;
  /** When the source's listing began: it does not show later changes. */
  readonly listedAt: number;
  readonly now: number;
  /** Correlation id of the comparison. */
  readonly id: string;
}

export interface UpdatedTombstones {
  readonly noted: readonly Tombstone[];
  readonly cancelled: readonly Tombstone[];
  /** Their deletion was begun, and the tag is absent. */
  readonly done: readonly Tombstone[];
}

/**
 * Brings the tombstones of a repository in line with what a comparison has seen: new ones for what the rules would delete; none for a tag
 * that is back at the source, or that names another image.
 */
export function updateTombstones(
  record: DeletionRecord | undefined,
  seen: Seen,
): Change<DeletionRecord, UpdatedTombstones> {
  const known = record ?? newDeletionRecord(seen.repository);
  const candidates = new Map(seen.candidates.map((candidate) => [candidate.tag, candidate]));
  const kept = known.kept.filter((each) => isKept(each, candidates.get(each.tag), seen));
  const standing: Tombstone[] = [];
  const cancelled: Tombstone[] = [];
  const done: Tombstone[] = [];
  for (const tombstone of known.tombstones) {
    const candidate = candidates.get(tombstone.tag);
    if (candidate !== undefined && isSame(candidate, tombstone)) standing.push(confirmed(tombstone, candidate));
    else if (tombstone.seenAt > seen.listedAt) standing.push(tombstone);
    else (tombstone.begunAt !== undefined && !seen.target.has(tombstone.tag) ? done : cancelled).push(tombstone);
  }
  const covered = [...standing, ...kept];
  const noted = seen.candidates
    .filter((each) => seen.ours.some((own) => isSame(own, each)) && !covered.some(({ tag }) => tag === each.tag))
    .slice(0, Math.max(MAX_TOMBSTONES - standing.length, 0))
    .map((candidate) => tombstoneOf(candidate, known, seen));
  const { heard: before = [], ...others } = known;
  // The listing of the source may not show later ones.
  const heard = before.filter(({ at }) => at > seen.listedAt);
  const next = { ...others, tombstones: [...standing, ...noted], kept, ...(heard.length > 0 && { heard }) };
  const isUnchanged = JSON.stringify(next) === JSON.stringify(known);
  return { ...(isUnchanged ? {} : { next }), answer: { noted, cancelled, done } };
}

/**
 * What an operator has kept stays so until the tag is at the source again, or names another image: also while no rule would delete it. A listing
 * that began before a tag was restored does not show it.
 */
function isKept(
  kept: DeletionRecord["kept"][number],
  candidate: Candidate | undefined,
  { target, isAtSource, listedAt }: Seen,
): boolean {
  if (candidate !== undefined && isSame(candidate, kept)) return true;
  if ((kept.listedBy ?? 0) > listedAt) return true;
  return !isAtSource(kept.tag) && target.get(kept.tag) === kept.digest;
}

/** Candidates without a tombstone that no operator has kept: their records decide whether they get one. */
export function withoutTombstone(
  record: DeletionRecord | undefined,
  candidates: readonly Candidate[],
): readonly Candidate[] {
  const known = [...(record?.tombstones ?? []), ...(record?.kept ?? [])];
  return candidates.filter((candidate) => !known.some((each) => isSame(each, candidate)));
}

/** The rule, and with it the grace period, may have changed. */
function confirmed(tombstone: Tombstone, { rule, cause, policy }: Candidate): Tombstone {
  return { ...tombstone, rule, cause, dueAt: tombstone.seenAt + policy.graceMs };
}

/** The grace period begins when the source said that the tag was deleted, if it did. */
function tombstoneOf(
  { tag, digest, cause, rule, policy }: Candidate,
  { heard = [] }: DeletionRecord,
  { now, id }: Seen,
): Tombstone {
  const told = cause === "source-deleted" ? heard.find((each) => each.tag === tag) : undefined;
  const { by = id, at = now } = told ?? {};
  const seenAt = Math.min(at, now);
  return { tag, digest, by, cause, rule, seenAt, dueAt: seenAt + policy.graceMs };
}
