import type { Descriptor } from "../../oci/descriptor.ts";
import type { BlobStream } from "../../oci/image-source.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import { contentKey, failContent } from "../state/checkpoint.ts";
import { createUploadClaims } from "../state/upload-claims.ts";
import type { UploadClaims } from "../state/upload-claims.ts";
import type { CopyContext } from "./copy-context.ts";
import { countedStream } from "../pacing/counted-stream.ts";
import { createSendTracker, abandonedUpload, sentOnce, uploadNotKept } from "../state/failed-sends.ts";
import type { FailedSends, SendTracker } from "../state/failed-sends.ts";
import { measured } from "../spans/span.ts";
import { withHeartbeat } from "../state/lease-heartbeat.ts";
import { NEVER } from "../../async/abort.ts";

/** Smaller blobs are sent without asking the target, and not shared between repositories: sending costs no more than asking. */
const ASK_FROM_BYTES: number = 1024 * 1024;

/** `pre-copied`: present because a pre-copy sent it, and this is the first copy that uses it. */
export type CopiedBlob = "uploaded" | "mounted" | "present" | "pre-copied";

/**
 * Copies one blob: finds it at the target, mounts it, or uploads it. Claims let one process upload it at a time; the others
 * wait before they take an upload slot, so that other blobs proceed.
 */
export function copyBlob(blob: Descriptor, context: CopyContext, signal: AbortSignal): Promise<CopiedBlob> {
  const copying = claimAndCopy(blob, context, signal);
  const { spans } = context.ports;
  if (spans === undefined) return copying;
  const { digest, size: bytes, mediaType } = blob;
  return measured(spans.start("blob", { digest, bytes, mediaType }), copying, (how) => ({ how }));
}

async function claimAndCopy(blob: Descriptor, context: CopyContext, signal: AbortSignal): Promise<CopiedBlob> {
  const { ports, identity, uploads, ending } = context;
  const { scheduler, concurrency, isLong, preCopy } = uploads;
  const isPreCopy = preCopy !== undefined;
  const claims = createUploadClaims({ ...ports, ...identity, isLong, isPreCopy, ending });
  const key = contentKey(identity.scope, blob.digest);
  const own = await claims.take(key, signal);
  if (own.kind === "present") return own.isPreCopied ? "pre-copied" : "present";
  try {
    const how = await withHeartbeat(
      { leaseMs: identity.leaseMs, renew: (renewing) => claims.renew(renewing) },
      ports.clock,
      signal,
      async (working) => {
        const elsewhere = await findElsewhere(blob, context, claims, working);
        const evidence = { claims, maybe: own.maybe, failed: own.failed, elsewhere };
        const send = (sending: AbortSignal): Promise<CopiedBlob> =>
          concurrency.run(blob.size, () => sendBlob(blob, context, evidence, sending));
        return scheduler === undefined
          ? send(working)
          : scheduler.run({ blob, skipsQueue: elsewhere !== undefined }, working, send);
      },
    );
    await claims.complete(isPreCopy && how === "uploaded" ? { key, at: ports.clock.now() } : undefined);
    return how;
  } catch (error) {
    await claims.release();
    throw error;
  }
}

/**
 * Another repository of the destination that has the blob; waits while one uploads it. Undefined when there is none: then this
 * copy holds the shared claim, and the others wait for it.
 */
async function findElsewhere(
  { digest, size }: Descriptor,
  { identity: { sharing }, policy: { presence } }: CopyContext,
  claims: UploadClaims,
  signal: AbortSignal,
): Promise<RepositoryName | undefined> {
  if (sharing === undefined || size < ASK_FROM_BYTES || presence === "resend") return undefined;
  const shared = await claims.take(contentKey(sharing.scope, digest), signal);
  return shared.kind === "present" && shared.repository !== sharing.repository ? shared.repository : undefined;
}

interface Evidence {
  readonly claims: UploadClaims;
  /** An earlier claim expired, so the blob may have arrived. */
  readonly maybe: boolean;
  /** Earlier sends that the target did not keep. */
  readonly failed: FailedSends | undefined;
  /** A repository of the same registry that has it. */
  readonly elsewhere: RepositoryName | undefined;
}

async function sendBlob(
  blob: Descriptor,
  context: CopyContext,
  evidence: Evidence,
  signal: AbortSignal,
): Promise<CopiedBlob> {
  signal.throwIfAborted();
  const { source, target } = context.ports;
  const { preCopy, scheduler } = context.uploads;
  const progress = scheduler?.progress;
  if ((await isWorthAsking(blob, context, evidence, signal)) && (await target.hasBlob(blob, signal))) return "present";
  const sends = limitedSends(blob, context, evidence);
  await preCopy?.reserve(blob.size, signal);
  const open = async (opening: AbortSignal): Promise<BlobStream> => {
    progress?.restarted(blob.digest);
    context.observe?.({ kind: "blob-started", blob });
    const addSent = sends?.opened();
    const counters = { concurrency: context.uploads.concurrency, observe: context.observe };
    return countedStream(await source.openBlob(blob, opening), blob, counters, (bytes) => {
      progress?.addBytes(blob.digest, bytes);
      addSent?.(bytes);
    });
  };
  await evidence.claims.guard(signal);
  const options = { open, mountFrom: evidence.elsewhere, mayResend: () => sends?.mayResend() ?? true };
  try {
    const { kind } = await target.pushBlob(blob, options, signal);
    if (kind === "uploaded") progress?.completed(blob);
    else await preCopy?.refund(blob.size);
    return kind;
  } catch (error) {
    const wastedBytes = signal.aborted ? undefined : sends?.wastedBytes(error);
    throw wastedBytes === undefined ? error : await recordFailedSend(blob, wastedBytes, error, context);
  }
}

/** Records bytes that were sent in vain. @returns the error to throw: `error` itself when the record cannot be written. */
async function recordFailedSend(
  blob: Descriptor,
  bytes: number,
  error: unknown,
  { ports: { checkpoints, clock }, identity: { owner, scope }, ending = NEVER }: CopyContext,
): Promise<unknown> {
  const by = { owner, now: clock.now() };
  const write = checkpoints.update(contentKey(scope, blob.digest), (known) => failContent(known, by, bytes), ending);
  const failed = await write.catch(() => undefined);
  return failed === undefined ? error : uploadNotKept(blob, failed, error);
}

/**
 * Limits how often a blob is sent: a queue would repeat it without end. Undefined for small blobs, and for the command line,
 * where a person decides. A pre-copy sends it once, and not at all after a failure. @throws {UploadNotKeptError} when the blob was given
 * up within the last hour.
 */
function limitedSends(
  blob: Descriptor,
  { ports: { clock }, uploads: { scheduler, isRedriven, preCopy } }: CopyContext,
  { failed, elsewhere }: Evidence,
): SendTracker | undefined {
  if (preCopy !== undefined) return sentOnce(blob, failed);
  if (scheduler === undefined || blob.size < ASK_FROM_BYTES) return undefined;
  const refusal =
    isRedriven === true || elsewhere !== undefined ? undefined : abandonedUpload(blob, failed, clock.now());
  if (refusal !== undefined) throw refusal;
  return createSendTracker(blob);
}

/** Asking costs a round trip: it pays when the target may have the blob, or when nothing is known about a big one. */
async function isWorthAsking(
  { size }: Descriptor,
  { ports: { target }, policy: { presence } }: CopyContext,
  { maybe, failed, elsewhere }: Evidence,
  signal: AbortSignal,
): Promise<boolean> {
  if (presence === "resend") return false;
  if (maybe || failed !== undefined || elsewhere !== undefined) return true;
  return size >= ASK_FROM_BYTES && !(await target.isEmpty(signal));
}
