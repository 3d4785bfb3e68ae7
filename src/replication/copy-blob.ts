import type { Descriptor } from "../oci/descriptor.ts";
import type { BlobStream } from "../oci/image-source.ts";
import { claimContent, completeContent, contentKey, releaseContent, renewContent } from "./checkpoint.ts";
import type { ClaimContent, ClaimedContent } from "./checkpoint.ts";
import type { CopyContext } from "./copy-context.ts";
import type { ObserveCopy } from "./copy-progress.ts";
import { withHeartbeat } from "./heartbeat.ts";
import type { Slots } from "./slots.ts";

/** Blobs from this size on are asked for before they are sent: below, sending costs no more than asking. */
const ASK_FROM_BYTES: number = 1024 * 1024;
/** Pauses while somebody else uploads the blob we need, in milliseconds: the first one, doubled up to the last one. */
const WAIT_FIRST_MS = 25;
const WAIT_LAST_MS = 1_000;

export type CopiedBlob = "uploaded" | "mounted" | "present";

/**
 * Brings one blob to the target: found there, or sent by exactly one uploader across everything that runs. While
 * another one is at it we wait, outside of the slots, so that other blobs go on.
 */
export async function copyBlob(
  blob: Descriptor,
  context: CopyContext,
  slots: Slots,
  signal: AbortSignal,
): Promise<CopiedBlob> {
  const { checkpoints, clock, owner, leaseMs, scope } = context;
  const key = contentKey(scope, blob.digest);
  const claim = (): ClaimContent => ({ owner, leaseMs, now: clock.now() });
  const claimed = await claimPatiently(key, context, signal);
  if (claimed.kind === "present") return "present";
  const renew = (): Promise<boolean> => checkpoints.update(key, (known) => renewContent(known, claim()));
  try {
    const how = await withHeartbeat({ leaseMs, renew }, clock, signal, (working) =>
      slots.run(() => sendBlob(blob, context, claimed.maybe, working)),
    );
    await checkpoints.update(key, completeContent);
    return how;
  } catch (error) {
    // A store that fails here only costs the others a wait until the claim runs out.
    await checkpoints.update(key, (known) => releaseContent(known, owner)).catch(() => undefined);
    throw error;
  }
}

async function claimPatiently(
  key: string,
  { checkpoints, clock, random, owner, leaseMs }: CopyContext,
  signal: AbortSignal,
): Promise<Exclude<ClaimedContent, { kind: "busy" }>> {
  for (let waits = 0; ; waits++) {
    signal.throwIfAborted();
    const now = clock.now();
    const claimed = await checkpoints.update(key, (known) => claimContent(known, { owner, leaseMs, now }));
    if (claimed.kind !== "busy") return claimed;
    const wait = Math.min(WAIT_FIRST_MS * 2 ** waits, WAIT_LAST_MS) * (0.5 + random() / 2);
    await clock.sleep(Math.min(wait, Math.max(claimed.until - now, 1)), signal);
  }
}

async function sendBlob(
  blob: Descriptor,
  { source, target, observe, presence }: CopyContext,
  maybe: boolean,
  signal: AbortSignal,
): Promise<CopiedBlob> {
  signal.throwIfAborted();
  const ask = presence === "ask" && (maybe || blob.size >= ASK_FROM_BYTES);
  if (ask && (await target.hasBlob(blob, signal))) return "present";
  const open = async (opening: AbortSignal): Promise<BlobStream> =>
    counted(await source.openBlob(blob, opening), blob, observe);
  const { kind } = await target.pushBlob(blob, { open }, signal);
  return kind;
}

function counted(stream: BlobStream, blob: Descriptor, observe: ObserveCopy | undefined): BlobStream {
  if (observe === undefined) return stream;
  async function* counting(): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream) {
      observe?.({ kind: "blob-bytes", blob, bytes: chunk.byteLength });
      yield chunk;
    }
  }
  return { [Symbol.asyncIterator]: counting, [Symbol.asyncDispose]: () => stream[Symbol.asyncDispose]() };
}
