import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";
import { COPY_REQUEST_VERSION } from "../planning/copy-request.ts";
import type { CopyRequest } from "../planning/copy-request.ts";
import type { Change, RecordStore } from "../state/record-store.ts";
import { referenceOf } from "./source-catalog.ts";
import type { SourceImage } from "./source-catalog.ts";
import { tagKey, NEW_TAG } from "../state/tag-record.ts";
import type { TagRecord } from "../state/tag-record.ts";

/** How and where differences are asked for. */
export interface RequestContext {
  readonly repository: RepositoryName;
  readonly destination: string;
  /** Where records of its tags live, as in `CopyContext`. */
  readonly scope: string;
  readonly tags: RecordStore<TagRecord>;
  /** Queues requests that are in no hurry. @throws when one of them is not queued. */
  readonly send: (requests: readonly CopyRequest[], signal: AbortSignal) => Promise<void>;
  /** Correlation id of this comparison. */
  readonly id: string;
  /** A push younger than this is left to its event, in milliseconds. */
  readonly graceMs: number;
  readonly now: () => number;
  /** Aborted when the process itself has to end: what was asked is noted after the comparison's own time is up. */
  readonly ending: AbortSignal;
}

/** ECR's events and its API know of one push with a difference of whole seconds, in milliseconds. */
const SAME_PUSH_MS = 2_000;
const DAY_MS: number = 24 * 3_600_000;
/** A tag that was asked for and is still different is asked for again after so long. */
const ASK_AGAIN_MS = DAY_MS;
/** What has failed for good, or was skipped, is asked for again after so long, should nothing else have changed it. */
const ENDED_ASK_AGAIN_MS: number = 7 * DAY_MS;
/** Requests queued at once: what is noted after a crash in between is this many at most. */
const BATCH = 100;

export interface RequestedCopies {
  readonly asked: number;
  readonly missed: number;
}

/** Asks for what differs, unless it was asked for before; what is asked is noted. */
export async function requestCopies(
  different: readonly SourceImage[],
  asking: RequestContext,
  signal: AbortSignal,
): Promise<RequestedCopies> {
  const total = { asked: 0, missed: 0 };
  for (let start = 0; start < different.length; start += BATCH) {
    signal.throwIfAborted();
    const { asked, missed } = await askBatch(different.slice(start, start + BATCH), asking, signal);
    total.asked += asked;
    total.missed += missed;
  }
  return total;
}

interface Difference extends SourceImage {
  readonly reference: Tag | Digest;
  readonly missed: boolean;
}

/** Asked first and noted then, so that a crash in between asks twice rather than never. */
async function askBatch(
  different: readonly SourceImage[],
  { repository, destination, scope, tags, send, id, graceMs, now, ending }: RequestContext,
  signal: AbortSignal,
): Promise<RequestedCopies> {
  const looked = await Promise.all(
    different
      .filter(({ pushedAt }) => now() - pushedAt >= graceMs)
      .map((image) =>
        tags.update(tagKey(scope, referenceOf(image)), (record) => difference(image, record, now()), signal),
      ),
  );
  const open = looked.filter((image) => image !== undefined);
  if (open.length === 0) return { asked: 0, missed: 0 };
  await send(
    open.map(({ reference, pushedAt }) => ({
      version: COPY_REQUEST_VERSION,
      id,
      destination,
      repository,
      reference,
      // Where the source does not say when it was pushed, it was known now.
      pushedAt: pushedAt === 0 ? now() : pushedAt,
    })),
    signal,
  );
  await Promise.all(
    open.map(({ reference, digest }) => {
      const noted = (record: TagRecord | undefined) => ({ next: noteAsked(record, digest, now()), answer: undefined });
      return tags.update(tagKey(scope, reference), noted, ending);
    }),
  );
  return { asked: open.length, missed: open.filter(({ missed }) => missed).length };
}

/** What there is to ask for; undefined when a copy is at it, or it was asked for already. */
function difference(
  image: SourceImage,
  known: TagRecord | undefined,
  now: number,
): Change<TagRecord, Difference | undefined> {
  const record = known ?? NEW_TAG;
  const isBusy = record.lease !== undefined && record.lease.until > now;
  if (isBusy || isAskedFor(image, record, now)) return { answer: undefined };
  const wasHeard = record.wantedAt >= changedAt(image) - SAME_PUSH_MS;
  // Its event asked for it, and that has failed: as good as asked for.
  if (wasHeard && isFailed(record) && record.asked?.digest !== image.digest)
    return { next: noteAsked(record, image.digest, now), answer: undefined };
  const isMissed = record.wantedAt < image.pushedAt - SAME_PUSH_MS;
  return { answer: { ...image, reference: referenceOf(image), missed: isMissed } };
}

/** When an image last came to the source: pushed, or back from an archive. */
function changedAt({ pushedAt, restoredAt = 0 }: SourceImage): number {
  return Math.max(pushedAt, restoredAt);
}

/** True while a request for exactly this waits to be carried out, or has ended and would end so again. */
function isAskedFor(image: SourceImage, record: TagRecord, now: number): boolean {
  const { asked, replicated } = record;
  if (asked?.digest !== image.digest || changedAt(image) > asked.at) return false;
  if (replicated !== undefined && replicated.at >= asked.at) {
    // The target had it when it was asked for by name, and does not list it: nothing is to be copied.
    return isUnchanged(record) && replicated.digest === image.digest && now - replicated.at < ASK_AGAIN_MS;
  }
  return now - asked.at < (isFailed(record) || isSkipped(record) ? ENDED_ASK_AGAIN_MS : ASK_AGAIN_MS);
}

function isFailed({ last }: TagRecord): boolean {
  return last?.outcome === "failed";
}

function isSkipped({ last }: TagRecord): boolean {
  return last?.outcome === "skipped";
}

function isUnchanged({ last }: TagRecord): boolean {
  return last?.outcome === "unchanged" || last?.outcome === "superseded";
}

function noteAsked(record: TagRecord | undefined, digest: Digest, at: number): TagRecord {
  return { ...(record ?? NEW_TAG), asked: { digest, at } };
}
