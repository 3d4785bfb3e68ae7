import type { Clock } from "../../src/async/clock.ts";
import { isDigest } from "../../src/oci/digest.ts";
import type { BlobStream, ImageSource } from "../../src/oci/image-source.ts";
import type { ImageTarget } from "../../src/oci/image-target.ts";
import { concurrently } from "../../src/async/run-concurrently.ts";
import type { ObserveCopy } from "../../src/replication/state/copy-progress.ts";
import { refusedAttachment } from "../../src/replication/outcome/left-out.ts";
import type { LeftOut } from "../../src/replication/outcome/left-out.ts";
import { publish, UncertainPutError } from "../../src/replication/copy/publish-tag.ts";
import type { Streams } from "../../src/replication/pacing/upload-concurrency.ts";
import { countedStream } from "../../src/replication/copy/counted-stream.ts";
import { emptyTally } from "../../src/replication/outcome/copy-statistics.ts";
import type { Tally } from "../../src/replication/outcome/copy-statistics.ts";
import type { CopyPlan, PlannedBlob, PlannedPut } from "./copy-plan.ts";

/** What a plan is carried out with. */
export interface ExecutionPorts {
  readonly source: Pick<ImageSource, "openBlob">;
  readonly target: Pick<ImageTarget, "pushBlob" | "putManifest" | "resolve">;
  readonly streams: Streams;
  readonly clock: Clock;
  readonly observe: ObserveCopy;
}

/** What was done, and what the target did not take. */
export interface CopyResult {
  readonly tally: Tally;
  readonly leftOut: readonly LeftOut[];
}

/** Blobs handled at once; what is sent at once is bounded by `streams`. */
const CONCURRENT_BLOBS = 128;
const CONCURRENT_MANIFESTS = 16;
const PUBLISH_ATTEMPTS = 3;

/** Does what the plan says: blobs, then manifests wave by wave. @throws {RegistryError} of either side. */
export async function executePlan(plan: CopyPlan, hands: ExecutionPorts, signal: AbortSignal): Promise<CopyResult> {
  const tally: Tally = { ...emptyTally(), blobsPresent: plan.present.blobs };
  const leftOut = [...plan.leftOut];
  const blobs = plan.blobs.map(({ descriptor }) => descriptor);
  hands.observe({ kind: "planned", manifests: plan.batches.flat().length, blobs });
  await concurrently(plan.blobs, CONCURRENT_BLOBS, (blob, working) => uploadBlob(blob, hands, tally, working), signal);
  for (const wave of plan.batches) {
    const putOrLeave = (each: PlannedPut, working: AbortSignal): Promise<void> =>
      putManifest(each, hands, working).catch((error: unknown) => void leftOut.push(refusedAttachment(each, error)));
    await concurrently(wave, CONCURRENT_MANIFESTS, putOrLeave, signal);
    tally.manifests += wave.length;
  }
  return { tally, leftOut };
}

async function uploadBlob(
  { descriptor, mountFrom }: PlannedBlob,
  { source, target, streams, observe }: ExecutionPorts,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const counted = async (opening: AbortSignal): Promise<BlobStream> => {
    const stream = await source.openBlob(descriptor, opening);
    return countedStream(stream, descriptor, { streams, observe });
  };
  const { kind } = await streams.run(descriptor.size, () => {
    signal.throwIfAborted();
    return target.pushBlob(descriptor, { open: counted, mountFrom }, signal);
  });
  if (kind === "mounted") tally.blobsMounted++;
  else {
    tally.blobsUploaded++;
    tally.bytesUploaded += descriptor.size;
  }
  observe({ kind: "blob-done", blob: descriptor, how: kind });
}

/** Puts a manifest; a tag is read back, and put again when no answer says whether it was put. */
async function putManifest(
  { manifest, reference }: PlannedPut,
  { target, clock, observe }: ExecutionPorts,
  signal: AbortSignal,
): Promise<void> {
  if (isDigest(reference)) await target.putManifest(manifest, reference, signal);
  else await publishWithRetries(() => publish(target, { manifest, reference }, clock, signal));
  observe({ kind: "manifest-put", digest: manifest.digest });
}

async function publishWithRetries(attempt: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof UncertainPutError) || tries === PUBLISH_ATTEMPTS) throw error;
    }
  }
}
