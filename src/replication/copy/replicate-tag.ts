import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ResolvedManifest } from "../../oci/image-source.ts";
import { successors } from "../../oci/manifest.ts";
import { manifestKind } from "../../oci/media-type.ts";
import type { Tag } from "../../oci/reference.ts";
import { isSignatureTag } from "../../oci/cosign-tags.ts";
import { isContentMissing, RegistryError } from "../../oci/errors/registry-error.ts";
import { Schema1Error } from "../../oci/errors/schema1-error.ts";
import { lacksAttachments, reasonToSkipAttachment } from "../image/lacks-attachments.ts";
import { copyCosignTags } from "../image/find-cosign-tags.ts";
import type { CopiedCosignTags } from "../image/find-cosign-tags.ts";
import { copyImage } from "./copy-image.ts";
import type { CopiedImage } from "./copy-image.ts";
import type { CopyContext } from "./copy-context.ts";
import type { CopyReport } from "../outcome/copy-report.ts";
import { pushAge } from "../planning/copy-request.ts";
import type { CopyRequest } from "../planning/copy-request.ts";
import { tooLargeOutcome, knownTooLargeOutcome } from "../pacing/too-large-outcome.ts";
import { whileLeaseFresh, withHeartbeat } from "../state/lease-heartbeat.ts";
import { MissingContentError } from "../image/image-tree.ts";
import { failureOutcome } from "./failure-outcome.ts";
import type { StaleCopyGuard } from "./stale-copy-guard.ts";
import type { LastOutcome } from "../outcome/outcome.ts";
import { resolveIfVisible } from "../image/resolve-if-visible.ts";
import { publish } from "./publish-tag.ts";
import type { RecordStore } from "../state/record-store.ts";
import { copyUntilCurrent } from "./copy-until-current.ts";
import { holdTag } from "./tag-session.ts";
import type { TagDelivery } from "./tag-session.ts";
import { claimTag, tagKey } from "../state/tag-record.ts";
import type { TagRecord } from "../state/tag-record.ts";
import { addStatistics, emptyStatistics } from "../outcome/copy-statistics.ts";
import type { TimeBudget } from "../pacing/time-budget.ts";

export interface ReplicateTag extends Omit<CopyContext, "observe" | "line"> {
  /** What must fit into this delivery; without it, everything does. */
  readonly time?: TimeBudget | undefined;
  readonly tags: RecordStore<TagRecord>;
  /** Identity of the message: the same for all its deliveries. */
  readonly message: string;
  /** Failed attempts after which a request is given up. */
  readonly maxAttempts: number;
  /** What cannot fit into a delivery here goes on where there is more time. */
  readonly hasLongLane?: boolean | undefined;
  /** No rule selects the request by itself: it is copied only if the target has what it is attached to. */
  readonly onlyAttached?: boolean | undefined;
}

const SCHEMA1 = { outcome: "skipped", reason: "schema1" } as const;
/** Those who wait for a tag come back within so long after its lease, not all at once; milliseconds. */
const BUSY_SPREAD_MS = 2_000;
/** Copies of one image after a registry denied having what it said it had. */
const MAX_RESENDS = 2;

/**
 * Makes one tag at the target equal to the source, whatever else runs: under a lease, from what the source says now,
 * the tag last, read back, and again as long as pushes come in between. Failures are reported, not thrown.
 */
export async function replicateTag(
  request: CopyRequest,
  context: ReplicateTag,
  deadline: AbortSignal,
): Promise<CopyReport> {
  const { tags, clock, leaseMs, owner, message, maxAttempts, random } = context;
  const key = tagKey(context.scope, request.reference);
  const claim = { key, message, owner, leaseMs, pushedAt: request.pushedAt };
  let attempts = 1;
  let before: LastOutcome | undefined;
  let held: TagDelivery | undefined;
  const judged = (error: unknown): CopyReport =>
    error instanceof Schema1Error
      ? SCHEMA1
      : failureOutcome(error, { deadline, attempts, maxAttempts, before, now: clock.now(), random });
  try {
    const claimed = await tags.update(key, (record) => claimTag(record, { ...claim, now: clock.now() }), deadline);
    if (claimed.kind === "busy") {
      const afterMs = claimed.until - clock.now() + Math.round(random() * BUSY_SPREAD_MS);
      return { outcome: "deferred", reason: "busy", afterMs };
    }
    attempts = claimed.attempts + 1;
    before = claimed.last;
    const delivery = holdTag(claimed, context);
    held = delivery;
    const { line, newerPush, observe, renew } = delivery;
    const companions = !isSignatureTag(request.reference);
    return await withHeartbeat({ leaseMs, renew }, clock, deadline, async (signal) => {
      const { wantedAt, tooLarge, tooLargeTries } = claimed;
      const isRedriven = before?.outcome === "failed" && before.reason === "target-upload-not-kept";
      const copying = {
        ...context,
        companions,
        isRedriven,
        wantedAt,
        tooLarge,
        tooLargeTries,
        line,
        newerPush,
        observe,
      };
      const look = (): Promise<CopyReport | "moved"> => copyOnce(request, copying, renew, signal).catch(judged);
      const givenUp = delivery.givenUp();
      return copyUntilCurrent(givenUp === undefined ? look : () => Promise.resolve(givenUp), leaseMs, delivery);
    });
  } catch (error) {
    const report = judged(error);
    return held?.priced(report) ?? report;
  }
}

type Looking = ReplicateTag &
  Pick<CopyContext, "line" | "observe"> & {
    /** When the newest push we heard of was made. */
    readonly wantedAt: number;
    /** The image that an earlier delivery was too short for. */
    readonly tooLarge: Digest | undefined;
    readonly tooLargeTries: number | undefined;
    readonly newerPush: StaleCopyGuard;
    readonly companions: boolean;
  };

/** One look at the source, one copy; `moved` when the source's tag changed meanwhile. */
async function copyOnce(
  request: CopyRequest,
  context: Looking,
  renew: (signal: AbortSignal) => Promise<boolean>,
  signal: AbortSignal,
): Promise<CopyReport | "moved"> {
  const { source, target, clock } = context;
  const { reference } = request;
  const [wanted, current] = await Promise.all([
    source.readManifest(reference, signal),
    resolveIfVisible(target, reference, signal),
  ]);
  if (wanted === undefined) return { outcome: "skipped", reason: "source-gone" };
  const done =
    (await withoutCopy(request, { wanted, current }, context, signal)) ?? knownTooLargeOutcome(wanted.digest, context);
  if (done !== undefined) return done;
  const isCurrent = async (): Promise<boolean> => (await source.resolve(reference, signal))?.digest === wanted.digest;
  const attach = (tags: readonly Tag[]): Promise<CopiedCosignTags> =>
    copyCosignTags(
      tags,
      (tag, working) => replicateTag({ ...request, reference: tag }, { ...context, onlyAttached: false }, working),
      context.observe,
      signal,
    );
  const delivered = await deliver({ wanted, reference, attach, isCurrent, renew }, context, signal).catch(
    async (error: unknown) => {
      // What we began to copy may be gone because a newer push took its tag, or because it was deleted.
      if (isLost(error) && !(await isCurrent())) return "moved" as const;
      const bad = tooLargeOutcome(error, wanted.digest, context);
      if (bad !== undefined) return { statistics: emptyStatistics(), bad, leftOut: [] };
      throw error;
    },
  );
  if (delivered === "moved") return "moved";
  const { statistics, bad, leftOut } = delivered;
  // What an attachment is too large for, the image under the tag waits for.
  if (bad?.outcome === "deferred" && bad.tooLarge !== undefined) return { ...bad, tooLarge: wanted.digest };
  const without = leftOut.length > 0 && { leftOut };
  if (bad !== undefined) return { ...bad, ...without };
  const lagMs = pushAge(request.pushedAt, clock.now());
  return { outcome: "replicated", digest: wanted.digest, statistics, lagMs, ...without };
}

/** The report when there is nothing to copy; undefined when there is. */
async function withoutCopy(
  { reference, pushedAt }: CopyRequest,
  { wanted, current }: { readonly wanted: ResolvedManifest; readonly current: ResolvedManifest | undefined },
  context: Looking,
  signal: AbortSignal,
): Promise<CopyReport | undefined> {
  if (manifestKind(wanted.mediaType) === "schema1") return SCHEMA1;
  if (context.onlyAttached === true && current === undefined) {
    const reason = await reasonToSkipAttachment(reference, wanted, context, signal);
    if (reason !== undefined) return { outcome: "skipped", reason };
  }
  if (current?.digest === wanted.digest && !(await lacksAttachments(wanted, context, signal))) {
    const { digest } = wanted;
    if (isDigest(reference)) await putAttached(wanted, context, signal);
    return context.wantedAt > pushedAt
      ? { outcome: "superseded", reason: "newer-push", digest }
      : { outcome: "unchanged", digest };
  }
  return undefined;
}

/**
 * A manifest that was requested by digest is an attachment: it is put again, because the referrers list may lack it although the
 * target has the manifest.
 */
async function putAttached(
  wanted: ResolvedManifest,
  { source, target }: CopyContext,
  signal: AbortSignal,
): Promise<void> {
  const manifest = await source.fetchManifest(wanted, signal);
  if (manifest === undefined || successors(manifest.bytes, manifest.mediaType).subject === undefined) return;
  await target.putManifest(manifest, manifest.digest, signal);
}

interface Delivery {
  readonly wanted: ResolvedManifest;
  readonly reference: CopyRequest["reference"];
  /** Brings signatures and the like that have tags of their own. */
  readonly attach: (tags: readonly Tag[]) => Promise<CopiedCosignTags>;
  /** Does the source's tag still name what we copy? */
  readonly isCurrent: () => Promise<boolean>;
  readonly renew: (signal: AbortSignal) => Promise<boolean>;
}

/** The source does not give what it had promised. */
function isLost(error: unknown): boolean {
  if (error instanceof MissingContentError) return true;
  return error instanceof RegistryError && error.side === "source" && error.category === "permanent";
}

interface Delivered extends Pick<CopiedImage, "statistics" | "leftOut"> {
  readonly bad: Bad | undefined;
}

/** A report that the request must end with, whatever else has gone well. */
type Bad = Extract<CopyReport, { outcome: "deferred" | "failed" }>;

/**
 * Copies what is under the tag and beside it, then the tag; sends everything again when the registry denies what it had
 * affirmed. A signature that can wait makes the tag wait; one that can never be copied does not, and is reported.
 */
async function deliver(
  { wanted, reference, attach, isCurrent, renew }: Delivery,
  context: Looking,
  signal: AbortSignal,
): Promise<Delivered | "moved"> {
  for (let resends = 0; ; resends++) {
    try {
      const copying: CopyContext = resends === 0 ? context : { ...context, presence: "resend" };
      const copied = await context.newerPush.runWhileCurrent(isCurrent, signal, (working) =>
        copyImage(wanted, copying, working),
      );
      if (copied === "moved") return "moved";
      const { bad, ...attached } = await attach(copied.companions);
      addStatistics(copied.statistics, attached.statistics);
      const leftOut = [...copied.leftOut, ...attached.leftOut];
      if (bad?.outcome === "deferred") return { statistics: copied.statistics, bad, leftOut };
      if (!(await isCurrent())) return "moved";
      const lease = { leaseMs: context.leaseMs, renew };
      await whileLeaseFresh(lease, context.clock, signal, (fresh) => put(copied, reference, context, fresh));
      copied.statistics.manifests++;
      return { statistics: copied.statistics, bad, leftOut };
    } catch (error) {
      if (!isContentMissing(error)) throw error;
      context.observe?.({ kind: "denied" });
      if (resends === MAX_RESENDS) throw error;
    }
  }
}

/** Puts the tag; what the target denies having then is no longer believed to be there. */
async function put(
  { manifest, forget }: CopiedImage,
  reference: CopyRequest["reference"],
  { target, clock }: CopyContext,
  signal: AbortSignal,
): Promise<void> {
  try {
    await publish(target, { manifest, reference }, clock, signal);
  } catch (error) {
    if (isContentMissing(error)) await forget();
    throw error;
  }
}
