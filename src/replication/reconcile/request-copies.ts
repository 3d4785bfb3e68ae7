import type { Digest } from "../../oci/digest.ts";
import type { Backfill } from "../backfill/backfill.ts";
import type { LeftOutImages } from "../backfill/backfill-record.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";
import { COPY_REQUEST_VERSION } from "../planning/copy-request.ts";
import type { CopyRequest } from "../planning/copy-request.ts";
import { isCancelledImage } from "../holds/cancel-copy.ts";
import { isSetAside } from "../holds/set-aside.ts";
import type { Change, RecordStore } from "../state/record-store.ts";
import { referenceOf } from "./source-catalog.ts";
import type { SourceImage } from "./source-catalog.ts";
import { isFailed, isSkipped, isUnchanged } from "../outcome/last-request.ts";
import { tagKey, NEW_TAG } from "../state/tag-record.ts";
import type { TagRecord } from "../state/tag-record.ts";

/** What decides whether a copy of a difference is requested. */
export interface DecisionContext {
  /** A push younger than this, in milliseconds, is left to its event. */
  readonly graceMs: number;
  /** The configuration in force. */
  readonly configuration: { readonly version: string };
  /** When something was last attached to a manifest, epoch milliseconds; 0: nothing is. */
  readonly attachedAt: (digest: Digest) => number;
  readonly now: () => number;
  /** True for a conflict that a copy would decide in the same way again. */
  readonly isDecided: (image: SourceImage, conflict: NonNullable<TagRecord["conflict"]>) => boolean;
  readonly backfill: Pick<Backfill, "since" | "admit" | "note">;
  /** The size of an image that may be a backfill; undefined for any other. */
  readonly bytesOf: (image: SourceImage) => number | undefined;
}

/** Where the differences are, and how copies of them are requested. */
export interface RequestContext extends DecisionContext {
  readonly repository: RepositoryName;
  readonly destination: string;
  /** Prefix of the keys of its tag records, as in `CopyContext`. */
  readonly scope: string;
  readonly tags: RecordStore<TagRecord>;
  /** Queues low-priority requests. @throws when one of them is not queued. */
  readonly send: (requests: readonly CopyRequest[], signal: AbortSignal) => Promise<void>;
  /** Correlation id of this comparison. */
  readonly id: string;
  /** Aborted when the process must end, which is later than the comparison: requests that were sent are still recorded. */
  readonly ending: AbortSignal;
}

/** Largest difference between the times that ECR's event and API give for one push, in milliseconds. */
const SAME_PUSH_MS = 2_000;
const DAY_MS: number = 24 * 3_600_000;
/** A tag that was requested and still differs is requested again after this long. */
const REPEAT_MS = DAY_MS;
/** A tag whose request failed for good, or was skipped, is requested again after this long. */
const REPEAT_ENDED_MS: number = 7 * DAY_MS;
/** Differences that are decided together, and requests per batch: after a crash, at most this many are sent a second time. */
export const DECIDED_AT_ONCE = 100;

export interface RequestedCopies {
  readonly asked: number;
  readonly missed: number;
  /** Differences that a copy has decided to leave. */
  readonly decided: number;
  readonly leftOut: LeftOutImages;
}

/** Requests copies of what differs, unless they were requested before, and records the requests. */
export async function requestCopies(
  different: readonly SourceImage[],
  context: RequestContext,
  signal: AbortSignal,
): Promise<RequestedCopies> {
  const total = { asked: 0, missed: 0, decided: 0, leftOut: { images: 0, bytes: 0 } };
  for (let start = 0; start < different.length; start += DECIDED_AT_ONCE) {
    signal.throwIfAborted();
    const found = await requestBatch(different.slice(start, start + DECIDED_AT_ONCE), context, signal);
    total.asked += found.asked;
    total.missed += found.missed;
    total.decided += found.decided;
    total.leftOut.images += found.leftOut.images;
    total.leftOut.bytes += found.leftOut.bytes;
  }
  return total;
}

export interface Difference extends SourceImage {
  readonly reference: Tag | Digest;
  readonly missed: boolean;
  /** Its size, if it is a backfill. */
  readonly backfillBytes: number | undefined;
}

/** What the record of a tag says about a difference. */
export type Looked =
  | { readonly kind: "open"; readonly image: Difference }
  /** A copy has left it as it is, and would do so again. */
  | { readonly kind: "decided" }
  /** A copy of it is running. */
  | { readonly kind: "busy" }
  /** A request for it waits in a queue, or has ended recently and would end the same way. `noted`: the record says so already. */
  | { readonly kind: "requested"; readonly noted: boolean }
  /** Its push is so young that its event may still come. */
  | { readonly kind: "young" };

/** A batch of differences, in the same order, and what the backfill policy says about those that are open. */
export interface DecidedBatch {
  readonly looked: readonly Looked[];
  readonly admitted: readonly Difference[];
  readonly leftOut: readonly Difference[];
}

/** Decides which differences of a batch are requested. Writes nothing, except what `look` does. */
export async function decideBatch(
  different: readonly SourceImage[],
  context: DecisionContext,
  look: (image: SourceImage) => Promise<Looked>,
  signal: AbortSignal,
): Promise<DecidedBatch> {
  const { graceMs, now } = context;
  const lookUnlessYoung = async (image: SourceImage): Promise<Looked> =>
    now() - image.pushedAt < graceMs ? { kind: "young" } : look(image);
  const looked = await Promise.all(different.map(lookUnlessYoung));
  const open = looked.flatMap((found) => (found.kind === "open" ? [found.image] : []));
  return { looked, ...(await withinBackfill(open, context, signal)) };
}

async function requestBatch(
  different: readonly SourceImage[],
  context: RequestContext,
  signal: AbortSignal,
): Promise<RequestedCopies> {
  const { tags, scope, now } = context;
  const note = (image: SourceImage, record: TagRecord | undefined): Change<TagRecord, Looked> => {
    const answer = lookAt(image, record, context);
    // The request of its event has failed: the same as if the comparison had requested it.
    const isNew = answer.kind === "requested" && !answer.noted;
    return isNew ? { next: withRequest(record, image.digest, now()), answer } : { answer };
  };
  const look = (image: SourceImage): Promise<Looked> =>
    tags.update(tagKey(scope, referenceOf(image)), (record) => note(image, record), signal);
  const { looked, admitted, leftOut } = await decideBatch(different, context, look, signal);
  if (admitted.length > 0) await sendRequests(admitted, context, signal);
  return {
    asked: admitted.length,
    missed: admitted.filter(({ missed }) => missed).length,
    decided: looked.filter(({ kind }) => kind === "decided").length,
    leftOut: sumOf(leftOut),
  };
}

function sumOf(images: readonly Difference[]): LeftOutImages {
  return { images: images.length, bytes: images.reduce((sum, { backfillBytes = 0 }) => sum + backfillBytes, 0) };
}

/** Asks the policy about the images that are a backfill, the newest first. */
async function withinBackfill(
  open: readonly Difference[],
  { backfill }: Pick<DecisionContext, "backfill">,
  signal: AbortSignal,
): Promise<Pick<DecidedBatch, "admitted" | "leftOut">> {
  const asked = open
    .flatMap((image) => (image.backfillBytes === undefined ? [] : [{ ...image, bytes: image.backfillBytes }]))
    .toSorted((a, b) => b.pushedAt - a.pushedAt);
  if (asked.length === 0) return { admitted: open, leftOut: [] };
  const fits = await backfill.admit(asked, signal);
  const out = new Set(asked.filter((_, at) => fits[at] !== true).map(({ reference }) => reference));
  const leftOut = open.filter(({ reference }) => out.has(reference));
  backfill.note(sumOf(leftOut));
  return { admitted: open.filter(({ reference }) => !out.has(reference)), leftOut };
}

/** Sends first and records then, so that a crash in between repeats requests rather than losing them. */
async function sendRequests(
  open: readonly Difference[],
  { repository, destination, scope, tags, send, id, now, ending }: RequestContext,
  signal: AbortSignal,
): Promise<void> {
  await send(
    open.map(({ reference, pushedAt }) => ({
      version: COPY_REQUEST_VERSION,
      id,
      destination,
      repository,
      reference,
      // Where the source does not give the time of the push, it counts as pushed now.
      pushedAt: pushedAt === 0 ? now() : pushedAt,
    })),
    signal,
  );
  await Promise.all(
    open.map(({ reference, digest }) => {
      const noted = (record: TagRecord | undefined) => ({
        next: withRequest(record, digest, now()),
        answer: undefined,
      });
      return tags.update(tagKey(scope, reference), noted, ending);
    }),
  );
}

/** What the record of its tag says about a difference: whether a copy is to be requested. */
export function lookAt(
  image: SourceImage,
  known: TagRecord | undefined,
  context: Omit<DecisionContext, "graceMs">,
): Exclude<Looked, { kind: "young" }> {
  const now = context.now();
  const record = known ?? NEW_TAG;
  const quarantine = quarantineOf(image, record, context);
  if (isLeft(image, record, context) || quarantine === "kept") return { kind: "decided" };
  const isBusy = record.lease !== undefined && record.lease.until > now;
  if (isBusy) return { kind: "busy" };
  if (quarantine !== "reopened" && !isReopened(record)) {
    if (isRequested(image, record, now)) return { kind: "requested", noted: true };
    if (hasFailedEvent(image, record)) return { kind: "requested", noted: false };
  }
  const isMissed = record.wantedAt < image.pushedAt - SAME_PUSH_MS;
  const backfillBytes = isBackfill(image, record, context) ? context.bytesOf(image) : undefined;
  const pushedAt = knownPush(image, record);
  const reference = referenceOf(image);
  return { kind: "open", image: { ...image, pushedAt, reference, missed: isMissed, backfillBytes } };
}

/** True if its copy was cancelled, or if a copy has decided to leave a conflict as it is. */
function isLeft(image: SourceImage, record: TagRecord, { isDecided }: Pick<DecisionContext, "isDecided">): boolean {
  if (isCancelledImage({ digest: image.digest, changedAt: changedAt(image) }, record)) return true;
  return record.conflict !== undefined && isDecided(image, record.conflict);
}

/** Where the source does not give the time of a push, an image that the target had was pushed by then. */
function knownPush({ pushedAt, digest }: SourceImage, { replicated }: TagRecord): number {
  if (pushedAt > 0 || replicated === undefined) return pushedAt;
  return (replicated.origin ?? replicated).digest === digest ? replicated.at : pushedAt;
}

/**
 * True for an image from before the deployment that nothing has asked for so far. A push since then whose event was lost is none, nor is a tag that
 * the target had and lost.
 */
function isBackfill(
  image: SourceImage,
  { wantedAt, replicated, asked }: TagRecord,
  { backfill }: Pick<DecisionContext, "backfill">,
): boolean {
  const changed = changedAt(image);
  if (changed === 0 || changed >= backfill.since) return false;
  return wantedAt === 0 && replicated === undefined && asked?.digest !== image.digest;
}

function hasFailedEvent(image: SourceImage, record: TagRecord): boolean {
  const wasHeard = record.wantedAt >= changedAt(image) - SAME_PUSH_MS;
  return wasHeard && isFailed(record) && record.asked?.digest !== image.digest;
}

/** True if the last request was set aside, or ended with a decision about a conflict, and something that it depended on has changed. */
function isReopened(record: TagRecord): boolean {
  const { conflict, asked } = record;
  if (isSetAside(record)) return true;
  return conflict !== undefined && (asked === undefined || asked.at <= conflict.at);
}

/** When an image last became available at the source: pushed, or restored from an archive. */
function changedAt({ pushedAt, restoredAt = 0 }: SourceImage): number {
  return Math.max(pushedAt, restoredAt);
}

/** True while a request for this digest waits in the queue, or has ended recently and would end the same way. */
function isRequested(image: SourceImage, record: TagRecord, now: number): boolean {
  const { asked, replicated } = record;
  if (asked?.digest !== image.digest || changedAt(image) > asked.at) return false;
  if (replicated !== undefined && replicated.at >= asked.at) {
    // The target resolves the tag to this digest but does not list it: there is nothing to copy.
    const digest = replicated.origin?.digest ?? replicated.digest;
    return isUnchanged(record) && digest === image.digest && now - replicated.at < REPEAT_MS;
  }
  return now - asked.at < (isFailed(record) || isSkipped(record) ? REPEAT_ENDED_MS : REPEAT_MS);
}

/**
 * `kept`: a gate would keep the image again, because neither the configuration nor what is attached to the image has changed since. A scan may
 * have another result after a day. Undefined when no gate has decided on this image since it was last requested.
 */
function quarantineOf(
  { digest }: SourceImage,
  { last, asked }: TagRecord,
  { configuration, attachedAt, now }: Pick<DecisionContext, "configuration" | "attachedAt" | "now">,
): "kept" | "reopened" | undefined {
  if (last?.outcome !== "quarantined" || last.digest !== digest) return undefined;
  if (asked?.digest === digest && asked.at > last.at) return undefined;
  const isSame = last.configuration === configuration.version && attachedAt(digest) + SAME_PUSH_MS < last.at;
  return isSame && now() - last.at < REPEAT_MS ? "kept" : "reopened";
}

function withRequest(record: TagRecord | undefined, digest: Digest, at: number): TagRecord {
  return { ...(record ?? NEW_TAG), asked: { digest, at } };
}
