import type { Clock } from "../../async/clock.ts";
import { RateExceededError } from "../../oci/errors/rate-exceeded-error.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";
import type { SourceImage } from "../reconcile/source-catalog.ts";
import { whileLeaseFresh } from "../state/lease-heartbeat.ts";
import type { RecordStore } from "../state/record-store.ts";
import { claimTag, endDelivery, holdsLease, renewTag, tagKey } from "../state/tag-record.ts";
import type { TagLease, TagRecord } from "../state/tag-record.ts";
import { beginDeletion } from "./delete-allowance.ts";
import type { Allowance } from "./delete-allowance.ts";
import { decideDeletion } from "./decide-deletion.ts";
import type { DeletionDecision, SourceTag } from "./decide-deletion.ts";
import type { DeletionRecord, Tombstone } from "./deletion-record.ts";

/** The two sides of a deletion. */
export interface DeletionPorts {
  readonly tags: RecordStore<TagRecord>;
  readonly deletions: RecordStore<DeletionRecord>;
  /**
   * What the source says about one tag.
   * @throws {RegistryError} when it does not say: also when it does not have the repository.
   */
  readonly sourceTag: (repository: RepositoryName, tag: Tag, signal: AbortSignal) => Promise<SourceTag>;
  /** What a tag names at the target. @throws {RegistryError} */
  readonly resolveTag: (
    destination: string,
    repository: RepositoryName,
    tag: Tag,
    signal: AbortSignal,
  ) => Promise<Digest | undefined>;
  /** Deletes a tag at the target, and nothing else. @throws {RegistryError} */
  readonly deleteTag: (destination: string, repository: RepositoryName, tag: Tag, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly leaseMs: number;
  readonly owner: string;
}

/** What decides about a deletion. */
interface DecisionPorts extends Pick<DeletionPorts, "sourceTag" | "resolveTag"> {
  readonly tags: Pick<RecordStore<TagRecord>, "read">;
}

export interface DeletionPlace {
  readonly repository: RepositoryName;
  readonly destination: string;
  /** The repository at the target. */
  readonly to: RepositoryName;
  /** First part of the keys of its records. */
  readonly scope: string;
}

export interface DueDeletion {
  readonly tombstone: Tombstone;
  readonly listed: SourceImage | undefined;
  readonly allowance: Omit<Allowance, "now">;
  readonly dryRun: boolean;
}

export type Deletion =
  | DeletionDecision
  | { readonly kind: "deleted" }
  /** A copy works on the tag. */
  | { readonly kind: "busy" }
  /** The repository has had its share of deletions. */
  | { readonly kind: "held" }
  /** An operator has undone it. */
  | { readonly kind: "cancelled" };

/**
 * Deletes a tag that is due, if both sides still say so. It holds the tag's lease as a copy does: a push of the same tag waits, and is
 * copied afterwards. @throws {RegistryError} | {StoreError} when a side does not answer: then it is due again.
 */
export async function deleteDueTag(
  due: DueDeletion,
  place: DeletionPlace,
  ports: DeletionPorts,
  signal: AbortSignal,
): Promise<Deletion> {
  const { tags, clock, owner, leaseMs } = ports;
  const key = tagKey(place.scope, due.tombstone.tag);
  if (due.dryRun) return decideDueTag(due, place, ports, signal);
  const message = `delete ${owner}`;
  const claim = () => ({ key, message, owner, pushedAt: 0, leaseMs, now: clock.now() });
  const claimed = await tags.update(key, (record) => claimTag(record, claim()), signal);
  if (claimed.kind === "busy") return { kind: "busy" };
  try {
    const ended = await deleteUnderLease(due, place, { ...ports, lease: claimed.lease }, signal);
    await tags.update(
      key,
      (record) => release(record, claimed.lease, ended.kind === "deleted" ? due : undefined),
      signal,
    );
    return ended;
  } catch (error) {
    await leave(claimed.lease, ports, mayStillDelete(error), signal);
    throw error;
  }
}

async function deleteUnderLease(
  due: DueDeletion,
  place: DeletionPlace,
  ports: DeletionPorts & { readonly lease: TagLease },
  signal: AbortSignal,
): Promise<Deletion> {
  const { tags, deletions, clock, lease, leaseMs } = ports;
  const decision = await decideDueTag(due, place, ports, signal);
  if (decision.kind !== "delete") return decision;
  const begin = (record: DeletionRecord | undefined) =>
    beginDeletion(record, due.tombstone, { ...due.allowance, now: clock.now() });
  const begun = await deletions.update(place.scope, begin, signal);
  if (begun !== "begun") return { kind: begun };
  const renew = async (renewing: AbortSignal): Promise<boolean> => {
    const renewal = { until: clock.now() + leaseMs, progress: undefined, finished: 0 };
    return (await tags.update(lease.key, (record) => renewTag(record, lease, renewal), renewing)).kind === "held";
  };
  await whileLeaseFresh({ leaseMs, renew }, clock, signal, (working) =>
    ports.deleteTag(place.destination, place.to, due.tombstone.tag, working),
  );
  return { kind: "deleted" };
}

/** Asks both sides and the record once more whether a tag that is due is deleted. Writes nothing. */
export async function decideDueTag(
  { tombstone, listed }: Pick<DueDeletion, "tombstone" | "listed">,
  { repository, destination, to, scope }: DeletionPlace,
  { tags, sourceTag, resolveTag }: DecisionPorts,
  signal: AbortSignal,
): Promise<DeletionDecision> {
  const { tag } = tombstone;
  const [record, source, target] = await Promise.all([
    tags.read(tagKey(scope, tag), signal),
    sourceTag(repository, tag, signal),
    resolveTag(destination, to, tag, signal),
  ]);
  return decideDeletion(tombstone, { record, source, target, listed });
}

/** Releases the lease. After a deletion, nothing is left at the target, and the next push is copied whatever was requested before. */
function release(record: TagRecord | undefined, lease: TagLease, deleted: DueDeletion | undefined) {
  if (record === undefined || !holdsLease(record, lease)) return { answer: undefined };
  const { lease: _over, ...rest } = record;
  if (deleted === undefined) return { next: rest, answer: undefined };
  const { replicated: _gone, puts: _ours, asked: _before, ...known } = rest;
  const reason = deleted.tombstone.cause === "retention" ? "not-latest" : "source-gone";
  return { next: { ...known, last: { outcome: "skipped", reason } as const }, answer: undefined };
}

/** A deletion without an answer may still take effect: the lease stays until it cannot. Best effort: a lease expires by itself. */
async function leave(
  lease: TagLease,
  { tags }: DeletionPorts,
  isUncertain: boolean,
  signal: AbortSignal,
): Promise<void> {
  const leaving = isUncertain
    ? tags.update(lease.key, (record) => endDelivery(record, lease), signal)
    : tags.update(lease.key, (record) => release(record, lease, undefined), signal);
  await leaving.catch(() => undefined);
}

function mayStillDelete(error: unknown): boolean {
  if (error instanceof RateExceededError) return false;
  if (!(error instanceof RegistryError)) return true;
  if (error.operation !== "delete-manifest") return false;
  return (
    error.category !== "permanent" && (error.status === undefined || (error.status >= 500 && error.status !== 503))
  );
}

/** True for the answer of a registry that does not delete single tags, or not for this login. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof RegistryError) || error.operation !== "delete-manifest") return false;
  return [400, 401, 403, 405].includes(error.status ?? 0);
}
