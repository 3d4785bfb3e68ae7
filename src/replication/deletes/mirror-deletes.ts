import { concurrently } from "../../async/run-concurrently.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Tag } from "../../oci/reference.ts";
import type { DeleteOutcome, ProtectReason } from "../outcome/outcome.ts";
import { tagKey } from "../state/tag-record.ts";
import { isOurs } from "./decide-deletion.ts";
import { deletedLately, endTombstones } from "./delete-allowance.ts";
import { deleteDueTag, isRefusal } from "./delete-tag.ts";
import type { Deletion, DeletionPlace, DeletionPorts, DueDeletion } from "./delete-tag.ts";
import type { DeletionRecord, TagAtTarget, Tombstone } from "./deletion-record.ts";
import { findCandidates } from "./find-candidates.ts";
import type { Candidate, Listings } from "./find-candidates.ts";
import { updateTombstones, withoutTombstone } from "./update-tombstones.ts";
import type { Seen } from "./update-tombstones.ts";

export interface MirrorContext extends DeletionPorts {
  /** Correlation id of the comparison. */
  readonly id: string;
  /** Writes the receipt of a tombstone, and logs it. @throws {StoreError} when it is not written: then it is written later. */
  readonly report: (tombstone: Tombstone, outcome: DeleteOutcome, signal: AbortSignal) => Promise<void>;
  /** Logs a deletion that failed and is tried again. */
  readonly failed: (tombstone: Tombstone, error: unknown) => void;
  /** Aborted when the process must end, which is later than the comparison. */
  readonly ending: AbortSignal;
}

/** What a comparison has seen of one repository on both sides. */
export interface SeenRepository extends Omit<Listings, "pushedAt" | "now" | "repository" | "destination"> {
  /** When the source's listing began; epoch milliseconds. */
  readonly listedAt: number;
  /** The source does not have the repository. */
  readonly isGone?: boolean;
}

export interface Mirrored {
  readonly noted: number;
  readonly deleted: number;
  /** Tags that would be deleted, and are not: an operator should look. */
  readonly heldBack: { readonly reason: HeldReason; readonly count: number } | undefined;
}

/** `source-empty`, `source-deleted`: the source has no tag at all, or no repository, which is more likely a mistake than a wish. */
export type HeldReason = "source-empty" | "source-deleted" | "ratio" | "target-refuses";

/** Deletions of one repository at once. */
const CONCURRENT = 4;
/** Records that are read at once. */
const CONCURRENT_READS = 16;
/** Deletions of one repository in one comparison. */
const MAX_DELETIONS = 500;
/** A target that refuses is asked again after a day. */
const REFUSED_MS: number = 24 * 3_600_000;

/** What the rules would delete in one repository of a destination, as both listings and the records show it. */
export type SeenDeletes =
  /** The source has no tag at all. */
  | {
      readonly kind: "held";
      readonly reason: Extract<HeldReason, "source-empty" | "source-deleted">;
      readonly tags: number;
    }
  | { readonly kind: "none" }
  | { readonly kind: "some"; readonly found: Omit<Seen, "now"> };

/** What is read before it is decided what is deleted. */
export interface ReadDeletes {
  readonly tags: Pick<MirrorContext["tags"], "read">;
  readonly deletions: Pick<MirrorContext["deletions"], "read">;
  readonly clock: Pick<MirrorContext["clock"], "now">;
  readonly id: string;
}

/** Finds out what the rules would delete. Writes nothing. */
export async function seeDeletes(
  seen: SeenRepository,
  place: DeletionPlace,
  context: ReadDeletes,
  signal: AbortSignal,
): Promise<SeenDeletes> {
  const { deletions, clock, id } = context;
  const { repository, destination, scope } = place;
  const pushedAt = await pushTimes(seen, place, context, signal);
  const candidates = findCandidates({ ...seen, repository, destination, pushedAt, now: clock.now() });
  if (!seen.images.some(({ tag }) => tag !== undefined)) {
    const reason = seen.isGone === true ? "source-deleted" : "source-empty";
    return { kind: "held", reason, tags: candidates.length };
  }
  const before = await deletions.read(scope, signal);
  if (before === undefined && candidates.length === 0) return { kind: "none" };
  const ours = await ownTags(withoutTombstone(before, candidates), place, context, signal);
  const atSource = new Set(seen.images.map(({ tag }) => tag));
  const isAtSource = (tag: Tag): boolean => atSource.has(tag);
  const { target, listedAt } = seen;
  return { kind: "some", found: { repository, candidates, ours, target, isAtSource, listedAt, id } };
}

/** Writes tombstones for what the rules would delete in one repository of a destination, and deletes what is due. */
export async function mirrorDeletes(
  seen: SeenRepository,
  place: DeletionPlace,
  context: MirrorContext,
  signal: AbortSignal,
): Promise<Mirrored> {
  const { deletions, clock, ending } = context;
  const { scope } = place;
  const saw = await seeDeletes(seen, place, context, signal);
  if (saw.kind === "held") return heldBack(saw.reason, saw.tags);
  if (saw.kind === "none") return { noted: 0, deleted: 0, heldBack: undefined };
  const { found } = saw;
  const { noted, done } = await deletions.update(
    scope,
    (record) => updateTombstones(record, { ...found, now: clock.now() }),
    signal,
  );
  // A process died after these deletions.
  for (const tombstone of done) await context.report(tombstone, deletedOf(tombstone), ending);
  const record = await deletions.read(scope, signal);
  const due = dueDeletions(record, found.candidates, seen.target, clock.now());
  const ended = await concurrently(
    due,
    CONCURRENT,
    async (each, working) => ({ due: each, result: await deleteOne(each, place, context, working) }),
    signal,
  );
  const results = ended.filter(({ result }) => result !== undefined);
  await settle(results, place, context);
  return {
    noted: noted.length,
    deleted: results.filter(({ result }) => result?.kind === "deleted").length + done.length,
    heldBack: mostHeld(results),
  };
}

interface Ended {
  readonly due: DueDeletion;
  /** Undefined: it failed, and is tried again. */
  readonly result: Deletion | undefined;
}

function heldBack(reason: HeldReason, count: number): Mirrored {
  return { noted: 0, deleted: 0, heldBack: count === 0 ? undefined : { reason, count } };
}

function mostHeld(results: readonly Ended[]): Mirrored["heldBack"] {
  const held = results.filter(({ result }) => result?.kind === "held").length;
  if (held > 0) return { reason: "ratio", count: held };
  const refused = results.filter(
    ({ result }) => result?.kind === "protect" && result.reason === "target-refuses",
  ).length;
  return refused > 0 ? { reason: "target-refuses", count: refused } : undefined;
}

const deletedOf = ({ cause }: Tombstone): DeleteOutcome => ({ outcome: "deleted", reason: cause });
const protectedBy = (reason: ProtectReason): DeleteOutcome => ({ outcome: "protected", reason });

/** A rule that keeps the newest tags needs the times of those that only the target has. */
async function pushTimes(
  { rules, isFor, images, target }: SeenRepository,
  { scope }: DeletionPlace,
  { tags }: ReadDeletes,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const most = Math.min(...rules.filter(isFor).map(({ retention }) => retention?.keepLatest ?? Infinity));
  if (target.size <= most) return new Map();
  const listed = new Set<string | undefined>(images.map(({ tag }) => tag));
  const only = [...target.keys()].filter((tag) => !listed.has(tag));
  const read = (tag: Tag, working: AbortSignal) => tags.read(tagKey(scope, tag), working);
  const records = await concurrently(only, CONCURRENT_READS, read, signal);
  return new Map(
    only.flatMap((tag, index) => {
      const wantedAt = records[index]?.wantedAt ?? 0;
      return wantedAt === 0 ? [] : [[tag, wantedAt] as const];
    }),
  );
}

async function ownTags(
  candidates: readonly Candidate[],
  { scope }: DeletionPlace,
  { tags }: ReadDeletes,
  signal: AbortSignal,
): Promise<readonly TagAtTarget[]> {
  const read = ({ tag }: Candidate, working: AbortSignal) => tags.read(tagKey(scope, tag), working);
  const records = await concurrently(candidates, CONCURRENT_READS, read, signal);
  return candidates.filter((candidate, index) => {
    const record = records[index];
    return record !== undefined && isOurs(record, candidate);
  });
}

/** The tombstones that are due, and that both listings still confirm. */
export function dueDeletions(
  record: DeletionRecord | undefined,
  candidates: readonly Candidate[],
  target: ReadonlyMap<Tag, Digest>,
  now: number,
): DueDeletion[] {
  const tags = target.size + deletedLately(record, now);
  return (record?.tombstones ?? [])
    .flatMap((tombstone) => {
      const candidate = candidates.find(({ tag, digest }) => tag === tombstone.tag && digest === tombstone.digest);
      if (candidate === undefined || tombstone.dueAt > now) return [];
      const { listed, policy } = candidate;
      const { reason, at } = tombstone.protected ?? { reason: undefined, at: 0 };
      if (reason === "dry-run" && policy.dryRun) return [];
      if (reason === "target-refuses" && now - at < REFUSED_MS) return [];
      const allowance = { tags, maxRatioPerDay: policy.maxRatioPerDay };
      return [{ tombstone, listed, allowance, dryRun: policy.dryRun }];
    })
    .toSorted((a, b) => a.tombstone.dueAt - b.tombstone.dueAt)
    .slice(0, MAX_DELETIONS);
}

async function deleteOne(
  due: DueDeletion,
  place: DeletionPlace,
  context: MirrorContext,
  signal: AbortSignal,
): Promise<Deletion | undefined> {
  const { tombstone } = due;
  try {
    const result = await deleteDueTag(due, place, context, signal);
    const decided: Deletion = due.dryRun && result.kind === "delete" ? { kind: "protect", reason: "dry-run" } : result;
    if (decided.kind === "deleted") await context.report(tombstone, deletedOf(tombstone), context.ending);
    if (decided.kind === "protect") await context.report(tombstone, protectedBy(decided.reason), context.ending);
    return decided;
  } catch (error) {
    signal.throwIfAborted();
    context.failed(tombstone, error);
    if (!isRefusal(error)) return undefined;
    await context.report(tombstone, protectedBy("target-refuses"), context.ending);
    return { kind: "protect", reason: "target-refuses" };
  }
}

/** Tombstones that are over are removed. One that only waits for another rule, or for the target, stands and says why. */
async function settle(results: readonly Ended[], { scope }: DeletionPlace, context: MirrorContext): Promise<void> {
  const removed: TagAtTarget[] = [];
  const answered: Tombstone[] = [];
  for (const { due, result } of results) {
    if (result?.kind === "protect" && (result.reason === "dry-run" || result.reason === "target-refuses"))
      answered.push({ ...due.tombstone, protected: { reason: result.reason, at: context.clock.now() } });
    else if (result?.kind === "protect" || result?.kind === "deleted" || result?.kind === "gone")
      removed.push(due.tombstone);
  }
  await context.deletions.update(scope, (record) => endTombstones(record, removed, answered), context.ending);
}
