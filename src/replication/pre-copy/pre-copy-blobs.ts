import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { RateExceededError } from "../../oci/errors/rate-exceeded-error.ts";
import { platformRank } from "../../oci/platform.ts";
import type { PlatformFilter } from "../../oci/platform.ts";
import { platformOf } from "../image/find-platforms.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { successors } from "../../oci/manifest.ts";
import { isNonDistributable } from "../../oci/media-type.ts";
import { NEVER } from "../../async/abort.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import type { CopyContext, PreCopyUploads, ReplicateContext } from "../copy/copy-context.ts";
import { copyBlob } from "../copy/copy-blob.ts";
import { TooLargeError, TooLateError } from "../pacing/time-budget.ts";
import type { TimeBudget } from "../pacing/time-budget.ts";
import { createUploadScheduler } from "../pacing/upload-scheduler.ts";
import { HeldElsewhereError } from "../state/upload-claims.ts";
import { OverBudgetError, returnBytes, takeBytes } from "./pre-copy-budget.ts";
import type { PreCopyBudgets } from "./pre-copy-budget.ts";

/** Why a pre-copy left blobs to the copy of a tag. */
export type PreCopyDrop =
  | "late"
  | "no-rule"
  /** It is for none of the platforms that the rule copies. */
  | "platform"
  | "circuit-open"
  /** An operator has paused its repository. */
  | "paused"
  | "source-gone"
  | "over-budget"
  | "out-of-time"
  | "rate-limited"
  | "failed";

/** What a pre-copy sent. */
export interface PreCopyReport {
  readonly blobs: number;
  /** Bytes of the blobs that arrived. */
  readonly bytesPreCopied: number;
  /** All bytes sent: also those of uploads that failed. */
  readonly bytesSent: number;
  /** The first reason for which a blob was left; undefined when none was, or another copy sends it. */
  readonly dropped?: PreCopyDrop | undefined;
  readonly error?: unknown;
}

export interface PreCopyContext extends Pick<ReplicateContext, "ports" | "identity" | "policy" | "ending"> {
  readonly uploads: Pick<ReplicateContext["uploads"], "concurrency"> & { readonly time: TimeBudget };
  readonly budget: { readonly store: PreCopyBudgets; readonly limitBytes: number };
}

/** Few: copies of tags share the connections and the rate of the destination. */
const CONCURRENT = 4;

/** The report of a pre-copy that sends nothing. */
export function nothingPreCopied(dropped: PreCopyDrop, error?: unknown): PreCopyReport {
  return { blobs: 0, bytesPreCopied: 0, bytesSent: 0, dropped, error };
}

/**
 * Copies the blobs of one manifest, and nothing else: no manifest, no tag. What it sends gets checkpoints as in the copy of a tag, which
 * then waits for an upload in progress, or finds the blob. It waits for no other copy, spends no attempt, and never throws: what it does not
 * copy, the copy of the tag does.
 */
export async function preCopyBlobs(
  digest: Digest,
  context: PreCopyContext,
  signal: AbortSignal,
): Promise<PreCopyReport> {
  let bytesPreCopied = 0;
  let bytesSent = 0;
  let blobs = 0;
  let dropped: PreCopyDrop | undefined;
  let failure: unknown;
  const copying = copyContextOf(context, (bytes) => (bytesSent += bytes));
  const copy = async (blob: Descriptor, working: AbortSignal): Promise<void> => {
    // After a failure no other upload begins: most likely it would fail, too.
    if (failure !== undefined) return;
    try {
      if ((await copyBlob(blob, copying, working)) !== "uploaded") return;
      blobs++;
      bytesPreCopied += blob.size;
    } catch (error) {
      if (error instanceof HeldElsewhereError) return;
      dropped ??= reasonOf(error, signal);
      if (!(error instanceof OverBudgetError)) failure ??= error;
    }
  };
  try {
    const wanted = await blobsOf(digest, context, signal);
    if (typeof wanted === "string") return nothingPreCopied(wanted);
    await concurrently(wanted, CONCURRENT, copy, signal);
  } catch (error) {
    dropped ??= reasonOf(error, signal);
    failure ??= error;
  }
  return { blobs, bytesPreCopied, bytesSent, dropped, error: failure };
}

/** The blobs of a manifest, the biggest first, or why none is copied. Children of an index have events of their own. */
async function blobsOf(
  digest: Digest,
  { ports: { source }, policy: { platforms } }: PreCopyContext,
  signal: AbortSignal,
): Promise<Descriptor[] | PreCopyDrop> {
  const manifest = await source.fetchManifest({ digest }, signal);
  if (manifest === undefined) return "source-gone";
  if (platforms !== undefined && !(await isOf(platforms, manifest, source, signal))) return "platform";
  const { blobs } = successors(manifest.bytes, manifest.mediaType);
  return blobs.filter(({ mediaType }) => !isNonDistributable(mediaType)).toSorted((a, b) => b.size - a.size);
}

/**
 * True for an image that the rule chooses whatever else its index has. An older variant may be chosen, too, and an attestation does not
 * say whose it is: the copy of the tag knows.
 */
async function isOf(
  { include }: PlatformFilter,
  manifest: Manifest,
  source: PreCopyContext["ports"]["source"],
  signal: AbortSignal,
): Promise<boolean> {
  const platform = await platformOf(manifest, source, signal);
  return platform !== undefined && include.some((wanted) => platformRank(platform, wanted) === 0);
}

function reasonOf(error: unknown, signal: AbortSignal): PreCopyDrop {
  if (error instanceof OverBudgetError) return "over-budget";
  if (error instanceof RateExceededError) return "rate-limited";
  const isLate = signal.aborted || error instanceof TooLateError || error instanceof TooLargeError;
  return isLate ? "out-of-time" : "failed";
}

function copyContextOf(context: PreCopyContext, onSent: (bytes: number) => void): CopyContext {
  const { ports, identity, policy, uploads, ending } = context;
  const { concurrency, time } = uploads;
  const scheduler = createUploadScheduler({ budget: time, clock: ports.clock, maxUploads: undefined });
  return {
    ports,
    identity,
    policy: { ...policy, presence: "ask" },
    uploads: { concurrency, scheduler, preCopy: boundedBy(context) },
    ending,
    observe: (event) => void (event.kind === "blob-bytes" && onSent(event.bytes)),
  };
}

function boundedBy({ budget, identity, ports: { clock }, ending = NEVER }: PreCopyContext): PreCopyUploads {
  const { store, limitBytes } = budget;
  const { scope } = identity;
  return {
    async reserve(bytes, signal) {
      const now = clock.now();
      if (await store.update(scope, (known) => takeBytes(known, { bytes, limitBytes, now }), signal)) return;
      throw new OverBudgetError(`${bytes} bytes do not fit into what is left of ${limitBytes} for today`);
    },
    refund: (bytes) =>
      store.update(scope, (known) => returnBytes(known, bytes, clock.now()), ending).catch(() => undefined),
  };
}
