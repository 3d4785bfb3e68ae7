import type { Clock } from "../../src/async/clock.ts";
import { isDigest } from "../../src/oci/digest.ts";
import type { BlobStream, ImageSource } from "../../src/oci/image-source.ts";
import type { ImageTarget, PushedBlob } from "../../src/oci/image-target.ts";
import { concurrently } from "../../src/async/run-concurrently.ts";
import type { ObserveCopy } from "../../src/replication/state/copy-progress.ts";
import { refusedAttachment } from "../../src/replication/outcome/left-out.ts";
import type { LeftOut } from "../../src/replication/outcome/left-out.ts";
import { publish, UncertainPutError } from "../../src/replication/copy/publish-tag.ts";
import type { UploadConcurrency } from "../../src/replication/pacing/upload-concurrency.ts";
import { countedStream } from "../../src/replication/pacing/counted-stream.ts";
import { measured } from "../../src/replication/spans/span.ts";
import type { Spans } from "../../src/replication/spans/span.ts";
import { emptyStatistics } from "../../src/replication/outcome/copy-statistics.ts";
import type { CopyStatistics } from "../../src/replication/outcome/copy-statistics.ts";
import type { CopyPlan, PlannedBlob } from "../../src/inspection/content/copy-plan.ts";
import type { PlannedManifest } from "../../src/inspection/content/manifest-order.ts";
import type { KnownContent } from "../../src/inspection/content/known-content.ts";

/** What the execution of a plan needs. */
export interface ExecutionPorts {
  readonly source: Pick<ImageSource, "openBlob">;
  readonly target: Pick<ImageTarget, "pushBlob" | "putManifest" | "resolve">;
  /** What the run knows of the target's repository. */
  readonly content: KnownContent;
  /** The source's repository. */
  readonly from: string;
  readonly streams: UploadConcurrency;
  readonly clock: Clock;
  readonly observe: ObserveCopy;
  /** Measures blobs and tags; absent where no traces are collected. */
  readonly spans?: Spans | undefined;
}

export interface CopyResult {
  readonly statistics: CopyStatistics;
  /** What the plan omits, and attachments that the target refused. */
  readonly leftOut: readonly LeftOut[];
}

/** Blobs in progress; `streams` bounds how many of them send bytes at a time. */
const CONCURRENT_BLOBS = 128;
const CONCURRENT_MANIFESTS = 16;
const PUBLISH_ATTEMPTS = 3;

/** Executes a plan: all blobs, then the manifests batch by batch. @throws {RegistryError} of either side. */
export async function executePlan(plan: CopyPlan, ports: ExecutionPorts, signal: AbortSignal): Promise<CopyResult> {
  const statistics: CopyStatistics = { ...emptyStatistics(), blobsPresent: plan.present.blobs };
  const leftOut = [...plan.leftOut];
  const blobs = plan.blobs.map(({ descriptor }) => descriptor);
  ports.observe({ kind: "planned", manifests: plan.batches.flat().length, blobs });
  const upload = async (blob: PlannedBlob, working: AbortSignal): Promise<void> => {
    const uploading = uploadBlob(blob, ports, statistics, working);
    await (ports.spans === undefined ? uploading : measuredBlob(blob, uploading, ports.spans));
  };
  await concurrently(plan.blobs, CONCURRENT_BLOBS, upload, signal);
  for (const batch of plan.batches) {
    const putOrLeaveOut = (planned: PlannedManifest, working: AbortSignal): Promise<void> =>
      putManifest(planned, ports, statistics, working).catch(
        (error: unknown) => void leftOut.push(refusedAttachment(planned, error)),
      );
    await concurrently(batch, CONCURRENT_MANIFESTS, putOrLeaveOut, signal);
  }
  return { statistics, leftOut };
}

function measuredBlob({ descriptor }: PlannedBlob, uploading: Promise<string>, spans: Spans): Promise<string> {
  const { digest, size: bytes, mediaType } = descriptor;
  return measured(spans.start("blob", { digest, bytes, mediaType }), uploading, (how) => ({ how }));
}

async function uploadBlob(
  { descriptor, mountFrom }: PlannedBlob,
  { source, target, content, from, streams, observe }: ExecutionPorts,
  statistics: CopyStatistics,
  signal: AbortSignal,
): Promise<"uploaded" | "mounted" | "present"> {
  const counted = async (opening: AbortSignal): Promise<BlobStream> => {
    const stream = await source.openBlob(descriptor, opening);
    return countedStream(stream, descriptor, { concurrency: streams, observe });
  };
  const push = (sending: AbortSignal): Promise<PushedBlob> =>
    streams.run(descriptor.size, () => {
      sending.throwIfAborted();
      return target.pushBlob(descriptor, { open: counted, mountFrom }, sending);
    });
  const send = async (sending: AbortSignal) => (await push(sending)).kind;
  const how = await content.sendOnce({ digest: descriptor.digest, from, send }, signal);
  if (how === "present") statistics.blobsPresent++;
  if (how === "mounted") statistics.blobsMounted++;
  if (how === "uploaded") {
    statistics.blobsUploaded++;
    statistics.bytesUploaded += descriptor.size;
  }
  observe({ kind: "blob-done", blob: descriptor, how });
  return how;
}

/** Puts a manifest, by its digest only once in the run. A tag whose put was not answered is read back, and put again. */
async function putManifest(
  { manifest, reference }: PlannedManifest,
  { target, content, from, clock, observe, spans }: ExecutionPorts,
  statistics: CopyStatistics,
  signal: AbortSignal,
): Promise<void> {
  const { digest } = manifest;
  if (isDigest(reference)) {
    const put = (working: AbortSignal) =>
      target.putManifest(manifest, reference, working).then(() => "uploaded" as const);
    if ((await content.sendOnce({ digest, from, send: put }, signal)) === "present") return;
  } else {
    const publishing = publishWithRetries(() => publish(target, { manifest, reference }, clock, signal));
    await (spans === undefined ? publishing : measured(spans.start("publish", { reference, digest }), publishing));
    content.confirm(digest);
  }
  statistics.manifests++;
  observe({ kind: "manifest-put", digest });
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
