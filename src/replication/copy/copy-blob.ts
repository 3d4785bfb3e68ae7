import type { Descriptor } from "../../oci/descriptor.ts";
import type { BlobStream } from "../../oci/image-source.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import { contentKey, failContent } from "../state/checkpoint.ts";
import { createUploadClaims } from "./upload-claims.ts";
import type { UploadClaims } from "./upload-claims.ts";
import type { CopyContext } from "./copy-context.ts";
import { countedStream } from "./counted-stream.ts";
import { createSendTracker, abandonedUpload, uploadNotKept } from "../state/failed-sends.ts";
import type { FailedSends, SendTracker } from "../state/failed-sends.ts";
import { withHeartbeat } from "../state/lease-heartbeat.ts";
import { NEVER } from "../../async/abort.ts";

/** Blobs of at least this size are checked at the target and shared between repositories: a smaller one costs no more to send than to check. */
const ASK_FROM_BYTES: number = 1024 * 1024;

export type CopiedBlob = "uploaded" | "mounted" | "present";

/**
 * Ensures that the target has one blob: it is found there, mounted, or sent by exactly one uploader across all processes.
 * While another uploader sends it, this one waits without occupying a stream, so that other blobs continue.
 */
export async function copyBlob(blob: Descriptor, context: CopyContext, signal: AbortSignal): Promise<CopiedBlob> {
  const { clock, leaseMs, line, scope, streams } = context;
  const claims = createUploadClaims(context);
  const own = await claims.take(contentKey(scope, blob.digest), signal);
  if (own.kind === "present") return "present";
  try {
    const how = await withHeartbeat(
      { leaseMs, renew: (renewing) => claims.renew(renewing) },
      clock,
      signal,
      async (working) => {
        const elsewhere = await findElsewhere(blob, context, claims, working);
        const evidence = { claims, maybe: own.maybe, failed: own.failed, elsewhere };
        const send = (sending: AbortSignal): Promise<CopiedBlob> =>
          streams.run(blob.size, () => sendBlob(blob, context, evidence, sending));
        return line === undefined
          ? send(working)
          : line.run({ blob, skipsQueue: elsewhere !== undefined }, working, send);
      },
    );
    await claims.complete();
    return how;
  } catch (error) {
    await claims.release();
    throw error;
  }
}

/**
 * Another repository of the destination that has the blob; waits while one is getting it. Undefined when there is none:
 * then it is our turn, and the others wait for us.
 */
async function findElsewhere(
  { digest, size }: Descriptor,
  { sharing, presence }: CopyContext,
  claims: UploadClaims,
  signal: AbortSignal,
): Promise<RepositoryName | undefined> {
  if (sharing === undefined || size < ASK_FROM_BYTES || presence === "resend") return undefined;
  const shared = await claims.take(contentKey(sharing.scope, digest), signal);
  return shared.kind === "present" && shared.repository !== sharing.repository ? shared.repository : undefined;
}

interface Evidence {
  readonly claims: UploadClaims;
  /** An uploader died at it, so it may have arrived all the same. */
  readonly maybe: boolean;
  /** Sends of it that the target did not keep. */
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
  const { source, target, line } = context;
  if ((await isWorthAsking(blob, context, evidence, signal)) && (await target.hasBlob(blob, signal))) return "present";
  const sends = boundedSends(blob, context, evidence);
  const open = async (opening: AbortSignal): Promise<BlobStream> => {
    line?.progress.restarted(blob.digest);
    const moved = sends?.opened();
    return countedStream(await source.openBlob(blob, opening), blob, context, (bytes) => {
      line?.progress.addBytes(blob.digest, bytes);
      moved?.(bytes);
    });
  };
  await evidence.claims.guard(signal);
  const options = { open, mountFrom: evidence.elsewhere, mayResend: () => sends?.mayResend() ?? true };
  try {
    const { kind } = await target.pushBlob(blob, options, signal);
    if (kind === "uploaded") line?.progress.completed(blob);
    return kind;
  } catch (error) {
    const lostBytes = signal.aborted ? undefined : sends?.wastedBytes(error);
    throw lostBytes === undefined ? error : await lost(blob, lostBytes, error, context);
  }
}

/** Notes what was sent for nothing. @returns what that means; the error itself when it cannot be noted. */
async function lost(
  blob: Descriptor,
  bytes: number,
  error: unknown,
  { checkpoints, clock, owner, scope, ending = NEVER }: CopyContext,
): Promise<unknown> {
  const by = { owner, now: clock.now() };
  const note = checkpoints.update(contentKey(scope, blob.digest), (known) => failContent(known, by, bytes), ending);
  const failed = await note.catch(() => undefined);
  return failed === undefined ? error : uploadNotKept(blob, failed, error);
}

/**
 * What bounds the sends of a blob that has to fit into a delivery: a queue would send it without end. Undefined where a
 * person waits, and for what costs next to nothing. @throws {UploadNotKeptError} when it was given up a moment ago.
 */
function boundedSends(
  blob: Descriptor,
  context: CopyContext,
  { failed, elsewhere }: Evidence,
): SendTracker | undefined {
  const { clock, line, isRedriven } = context;
  if (line === undefined || blob.size < ASK_FROM_BYTES) return undefined;
  const refusal =
    isRedriven === true || elsewhere !== undefined ? undefined : abandonedUpload(blob, failed, clock.now());
  if (refusal !== undefined) throw refusal;
  return createSendTracker(blob);
}

/** Asking costs a round trip: it pays where something says that the blob may be there, or where we know nothing. */
async function isWorthAsking(
  { size }: Descriptor,
  { target, presence }: CopyContext,
  { maybe, failed, elsewhere }: Evidence,
  signal: AbortSignal,
): Promise<boolean> {
  if (presence === "resend") return false;
  if (maybe || failed !== undefined || elsewhere !== undefined) return true;
  return size >= ASK_FROM_BYTES && !(await target.isEmpty(signal));
}
