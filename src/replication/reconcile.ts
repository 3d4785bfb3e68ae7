import type { Digest } from "../oci/digest.ts";
import type { RepositoryName, Tag } from "../oci/reference.ts";
import type { TaggedDigest, TagListing } from "../oci/tag-listing.ts";
import { COPY_REQUEST_VERSION } from "./copy-request.ts";
import type { CopyRequest } from "./copy-request.ts";
import type { RecordStore } from "./record-store.ts";
import { tagKey, UNTOUCHED } from "./tag-record.ts";
import type { TagRecord } from "./tag-record.ts";

/** A tag of the source, and when its image was pushed (epoch milliseconds; 0 when the source does not say). */
export interface SourceTag extends TaggedDigest {
  readonly pushedAt: number;
  /** When it came back from an archive; epoch milliseconds. */
  readonly restoredAt?: number | undefined;
}

/** What the source holds: only what can be pulled. */
export interface SourceCatalog {
  repositories(signal: AbortSignal): Promise<readonly RepositoryName[]>;
  tags(repository: RepositoryName, signal: AbortSignal): AsyncIterable<SourceTag>;
}

/** One repository and where it goes. */
export interface ReconciledRepository {
  readonly repository: RepositoryName;
  readonly destination: string;
  /** Where records of its tags live, as in `CopyContext`. */
  readonly scope: string;
  readonly target: TagListing;
  wants(tag: Tag): boolean;
}

export interface ReconcileContext {
  readonly catalog: SourceCatalog;
  readonly tags: RecordStore<TagRecord>;
  /** Queues requests that are in no hurry. @throws when one of them is not queued. */
  readonly send: (requests: readonly CopyRequest[]) => Promise<void>;
  /** Correlation id of this comparison. */
  readonly id: string;
  /** A push younger than this is left to its event, in milliseconds. */
  readonly graceMs: number;
  readonly now: () => number;
}

export interface Reconciled {
  /** Tags of the source that the rules want at the destination. */
  readonly wanted: number;
  /** Those that differ there. */
  readonly different: number;
  /** Those of them that were asked for now; the others are being worked on, or were asked for before. */
  readonly asked: number;
  /** Those of them that an event should have asked for. */
  readonly missed: number;
}

/** ECR's events and its API know of one push with a difference of whole seconds, in milliseconds. */
const SAME_PUSH_MS = 2_000;
/** A tag that was asked for and is still different is asked for again after so long, in milliseconds. */
const ASK_AGAIN_MS: number = 24 * 3_600_000;
/** Requests queued at once: what is noted after a crash in between is this many at most. */
const BATCH = 100;

/**
 * Compares one repository at both ends and asks for what differs. Each difference is asked for once: its request stays in
 * the queue until it has ended, however long the destination is away.
 */
export async function reconcileRepository(
  place: ReconciledRepository,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<Reconciled> {
  const found = new Map<Tag, Digest>();
  for await (const { tag, digest } of place.target(signal)) found.set(tag, digest);
  const total = { wanted: 0, different: 0, asked: 0, missed: 0 };
  let batch: SourceTag[] = [];
  const flush = async (): Promise<void> => {
    const { asked, missed } = await ask(batch, place, context);
    total.asked += asked;
    total.missed += missed;
    batch = [];
  };
  for await (const wanted of context.catalog.tags(place.repository, signal)) {
    if (!place.wants(wanted.tag)) continue;
    total.wanted++;
    if (found.get(wanted.tag) === wanted.digest) continue;
    total.different++;
    if (batch.push(wanted) === BATCH) await flush();
  }
  await flush();
  return total;
}

interface Difference extends SourceTag {
  readonly missed: boolean;
}

/** Asks for tags; what is asked is noted after it is queued, so that a crash in between asks twice rather than never. */
async function ask(
  differing: readonly SourceTag[],
  place: ReconciledRepository,
  { tags, send, id, graceMs, now }: ReconcileContext,
): Promise<Pick<Reconciled, "asked" | "missed">> {
  const looked = await Promise.all(
    differing
      .filter(({ pushedAt }) => now() - pushedAt >= graceMs)
      .map((wanted) =>
        tags.update(tagKey(place.scope, wanted.tag), (record) => ({ answer: difference(wanted, record, now()) })),
      ),
  );
  const open = looked.filter((wanted) => wanted !== undefined);
  if (open.length === 0) return { asked: 0, missed: 0 };
  await send(
    open.map(({ tag, pushedAt }) => ({
      version: COPY_REQUEST_VERSION,
      id,
      destination: place.destination,
      repository: place.repository,
      reference: tag,
      pushedAt,
    })),
  );
  await Promise.all(
    open.map(({ tag, digest }) => tags.update(tagKey(place.scope, tag), (record) => noteAsked(record, digest, now()))),
  );
  return { asked: open.length, missed: open.filter(({ missed }) => missed).length };
}

/** What there is to ask for; undefined when somebody is at it, or it was asked for already. */
function difference(wanted: SourceTag, known: TagRecord | undefined, now: number): Difference | undefined {
  const record = known ?? UNTOUCHED;
  const isBusy = record.lease !== undefined && record.lease.until > now;
  if (isBusy || isAskedFor(wanted, record, now)) return undefined;
  const wasHeard = record.wantedAt >= wanted.pushedAt - SAME_PUSH_MS;
  return { ...wanted, missed: !wasHeard };
}

/** True while a request for exactly this waits to be carried out, or has failed for good. */
function isAskedFor(wanted: SourceTag, { asked, replicated, last }: TagRecord, now: number): boolean {
  if (asked?.digest !== wanted.digest) return false;
  // Pushed or restored since: what was gone when its copy came is there again.
  if (Math.max(wanted.pushedAt, wanted.restoredAt ?? 0) > asked.at) return false;
  if (replicated !== undefined && replicated.at >= asked.at) return false;
  return last?.outcome === "failed" || last?.outcome === "skipped" || now - asked.at < ASK_AGAIN_MS;
}

function noteAsked(record: TagRecord | undefined, digest: Digest, at: number) {
  return { next: { ...(record ?? UNTOUCHED), asked: { digest, at } }, answer: undefined };
}
