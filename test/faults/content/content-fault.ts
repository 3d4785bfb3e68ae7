import { digestOf, algorithmOf } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { successors } from "../../../src/oci/manifest.ts";
import { isNonDistributable } from "../../../src/oci/media-type.ts";
import type { Clock } from "../../../src/async/clock.ts";
import type { CopyReport } from "../../../src/replication/outcome/copy-report.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { systemClock } from "../../../src/async/system-clock.ts";
import type { MemoryRepository } from "../../fakes/memory-repository.ts";
import { anotherDelivery, copyRequest, replicateFixture } from "../../fixtures/replicate-context.ts";
import type { CopySettings, ReplicateFixture } from "../../fixtures/replicate-context.ts";

/** A row of the catalogue of content faults: a source, a target, and what happens to them. */
export interface ContentFault {
  readonly id: string;
  readonly what: string;
  /** The expected outcome of the request for `v1`. */
  readonly ends: "replicated" | "failed" | "skipped" | "replicated or skipped";
  /** Prepares the fixture for one seed. @returns a check that is run at the end: it returns the problem, or undefined. */
  readonly prepare: (fixture: ReplicateFixture, random: () => number) => Prepared | Promise<Prepared>;
}

export type Prepared = void | ((fixture: ReplicateFixture) => string | undefined | Promise<string | undefined>);

const never = new AbortController().signal;
const MAX_DELIVERIES = 8;
/** Sleeps for a hundredth of the time. */
const HURRIED: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) };

/** Carries out one request, delivered again while it is deferred. @returns its outcome and the problem, if any. */
export async function carryOut(
  { prepare }: ContentFault,
  random: () => number,
): Promise<{ readonly ended: string; readonly wrong: string | undefined }> {
  const overrides: Partial<CopySettings> = { clock: HURRIED, random };
  const fixture = replicateFixture(overrides);
  const look = await prepare(fixture, random);
  let report: CopyReport = { outcome: "deferred", reason: "busy", afterMs: 0 };
  for (let delivery = 0; delivery < MAX_DELIVERIES && report.outcome === "deferred"; delivery++) {
    report = await replicateTag(copyRequest("v1"), anotherDelivery(fixture), never);
  }
  const ended = report.outcome === "unchanged" ? "replicated" : report.outcome;
  return { ended, wrong: (await look?.(fixture)) ?? incomplete(fixture) };
}

/** A tag at the target with missing or wrong content, or undefined. */
function incomplete({ target }: ReplicateFixture): string | undefined {
  for (const [tag, digest] of target.tags) {
    const problem = missingUnder(digest, target);
    if (problem !== undefined) return `${tag}: ${problem}`;
  }
  return undefined;
}

function missingUnder(digest: Digest, target: MemoryRepository): string | undefined {
  const manifest = target.manifests.get(digest);
  if (manifest === undefined) return `no manifest ${digest}`;
  if (digestOf(manifest.bytes, algorithmOf(digest)) !== digest) return `manifest ${digest} has other bytes`;
  const found = successors(manifest.bytes, manifest.mediaType);
  for (const blob of found.blobs) {
    const bytes = target.blobs.get(blob.digest);
    if (bytes === undefined && !isNonDistributable(blob.mediaType)) return `no blob ${blob.digest}`;
    if (bytes !== undefined && digestOf(bytes, algorithmOf(blob.digest)) !== blob.digest)
      return `blob ${blob.digest} is wrong`;
  }
  for (const child of found.manifests) {
    const problem = missingUnder(child.digest, target);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
