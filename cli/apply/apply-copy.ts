import { systemClock } from "../../src/async/system-clock.ts";
import { isDigest } from "../../src/oci/digest.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { isContentMissing } from "../../src/oci/errors/registry-error.ts";
import type { ImageSource } from "../../src/oci/image-source.ts";
import type { Manifest } from "../../src/oci/manifest.ts";
import type { Tag } from "../../src/oci/reference.ts";
import { concurrently } from "../../src/async/run-concurrently.ts";
import { resolveIfVisible } from "../../src/replication/image/resolve-if-visible.ts";
import type { CopyStatistics } from "../../src/replication/outcome/copy-statistics.ts";
import type { LeftOut } from "../../src/replication/outcome/left-out.ts";
import type { UploadConcurrency } from "../../src/replication/pacing/upload-concurrency.ts";
import type { ObserveCopy } from "../../src/replication/state/copy-progress.ts";
import type { Operations } from "../../src/wiring/operations/open-operations.ts";
import type { OpenedSides } from "../../src/wiring/planning/open-sides.ts";
import type { CopyPlan } from "../../src/inspection/content/copy-plan.ts";
import { executePlan } from "../copy/execute-plan.ts";
import type { PlannedManifest } from "../../src/inspection/content/manifest-order.ts";
import type { FileManifest, PlannedCopy } from "../../src/inspection/plan/plan-line.ts";
import type { EarlierLines } from "./earlier-lines.ts";
import type { FirstRequests } from "./first-requests.ts";
import { withTagLeases } from "./tag-leases.ts";

/** What all lines share. */
export interface ApplyContext {
  readonly sides: OpenedSides;
  readonly operations: Operations | undefined;
  readonly earlier: EarlierLines;
  readonly streams: UploadConcurrency;
  readonly firstTo: FirstRequests;
  /** Identifies this run of `apply`. */
  readonly run: string;
}

export type AppliedCopy =
  | { readonly kind: "copied"; readonly statistics: CopyStatistics; readonly leftOut: readonly LeftOut[] }
  /** The target has it meanwhile. */
  | { readonly kind: "present" }
  /** Something has moved since the plan: nothing was put under the tag. */
  | { readonly kind: "refused"; readonly why: string };

const CONCURRENT_MANIFESTS = 8;

/** Carries out one line, exactly, or refuses it. @throws {RegistryError} of either side. */
export async function applyCopy(
  line: PlannedCopy,
  context: ApplyContext,
  observe: ObserveCopy,
  signal: AbortSignal,
): Promise<AppliedCopy> {
  const { sides, operations, run } = context;
  const source = sides.source(line.repository);
  const moved = await findMove(line, source, context, signal);
  if (moved !== undefined) return moved;
  const work = async (working: AbortSignal) => {
    const manifests = await readManifests(line, source, working);
    if ("missing" in manifests)
      return { ...REFUSED, why: `the source no longer has its manifest ${manifests.missing}` };
    return execute(line, manifests.read, { ...context, source, observe }, working);
  };
  if (operations === undefined) return work(signal);
  const leased = await withTagLeases({ line, tags: tagsOf(line), run }, operations, work, signal);
  if (leased.kind === "busy") return { kind: "refused", why: `a copy of the stack works on ${leased.tag}` };
  return leased.result;
}

const REFUSED = { kind: "refused", bytesUploaded: 0 } as const;

/** Looks at both ends once more. Undefined when both are as the plan saw them. */
async function findMove(
  { reference, digest, as, replaces, destination, to, manifests }: PlannedCopy,
  source: ImageSource,
  { sides, firstTo }: ApplyContext,
  signal: AbortSignal,
): Promise<AppliedCopy | undefined> {
  const { target } = sides.target(destination, to);
  const [found, current] = await Promise.all([
    source.resolve(reference, signal),
    firstTo(`${destination}/${to}`, () => resolveIfVisible(target, as, signal)),
  ]);
  if (found === undefined) return { kind: "refused", why: "it is gone from the source" };
  if (found.digest !== digest)
    return { kind: "refused", why: `it has moved at the source: ${digest}, now ${found.digest}` };
  if (current?.digest === replaces) return undefined;
  const planned = manifests.findLast((manifest) => manifest.reference === as);
  if (current !== undefined && current.digest === planned?.digest) return { kind: "present" };
  const [before, now] = [replaces ?? "nothing", current?.digest ?? "nothing"];
  return { kind: "refused", why: `${to}:${as} has moved at the target: ${before}, now ${now}` };
}

/** Every tag that a line puts, the image's own last. */
function tagsOf({ manifests }: PlannedCopy): { readonly tag: Tag; readonly digest: Digest }[] {
  return manifests.flatMap(({ reference, digest }) => (isDigest(reference) ? [] : [{ tag: reference, digest }]));
}

/** Reads each manifest once, by its digest: the bytes are those of the plan, or there are none. */
async function readManifests(
  { manifests }: PlannedCopy,
  source: ImageSource,
  signal: AbortSignal,
): Promise<{ readonly read: ReadonlyMap<Digest, Manifest> } | { readonly missing: Digest }> {
  const distinct = [...new Map(manifests.map((each) => [each.digest, each])).values()];
  const readOne = async ({ digest, mediaType, size, bytes }: FileManifest, working: AbortSignal) =>
    bytes === undefined
      ? source.fetchManifest({ digest, mediaType, size }, working)
      : { digest, mediaType, bytes: new Uint8Array(Buffer.from(bytes, "base64")) };
  const found = await concurrently(distinct, CONCURRENT_MANIFESTS, readOne, signal);
  const missing = distinct.find((_, index) => found[index] === undefined);
  if (missing !== undefined) return { missing: missing.digest };
  return { read: new Map(found.flatMap((manifest) => (manifest === undefined ? [] : [[manifest.digest, manifest]]))) };
}

interface Execution extends ApplyContext {
  readonly source: ImageSource;
  readonly observe: ObserveCopy;
}

async function execute(
  line: PlannedCopy,
  manifests: ReadonlyMap<Digest, Manifest>,
  { sides, earlier, streams, source, observe }: Execution,
  signal: AbortSignal,
): Promise<AppliedCopy & { readonly bytesUploaded: number }> {
  const { target } = sides.target(line.destination, line.to);
  const own = earlier.begin(line, target);
  const ports = { source, ...own, from: line.repository, streams, clock: systemClock, observe };
  try {
    const { statistics, leftOut } = await executePlan(planOf(line, manifests), ports, signal);
    return { kind: "copied", statistics, leftOut, bytesUploaded: statistics.bytesUploaded };
  } catch (error) {
    if (!isContentMissing(error)) throw error;
    return { ...REFUSED, why: "the target no longer has content that the plan counted on" };
  }
}

/** The plan of `copy`, from a line. */
function planOf({ blobs, manifests }: PlannedCopy, read: ReadonlyMap<Digest, Manifest>): CopyPlan {
  const batches: PlannedManifest[][] = [];
  for (const { digest, reference, batch } of manifests) {
    const manifest = read.get(digest);
    if (manifest !== undefined) (batches[batch] ??= []).push({ manifest, reference });
  }
  return {
    blobs: blobs.map(({ how, digest, size, from }) => ({
      descriptor: { mediaType: "", digest, size },
      mountFrom: how === "mount" ? from : undefined,
    })),
    batches: batches.filter((batch) => batch.length > 0),
    present: { blobs: 0, manifests: 0 },
    leftOut: [],
  };
}
