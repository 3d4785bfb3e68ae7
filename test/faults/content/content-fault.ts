import { digestOf, algorithmOf } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { successors } from "../../../src/oci/manifest.ts";
import { isNonDistributable } from "../../../src/oci/media-type.ts";
import type { Clock } from "../../../src/async/clock.ts";
import type { CopyReport } from "../../../src/replication/outcome/copy-report.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import type { ReplicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { systemClock } from "../../../src/async/system-clock.ts";
import type { MemoryRepository } from "../../fakes/memory-repository.ts";
import { anotherDelivery, copyRequest, replicateFixture } from "../../fixtures/replicate-context.ts";
import type { ReplicateFixture } from "../../fixtures/replicate-context.ts";

/** A row of the catalogue about what registries hold and mean: a source, a target, and what happens between them. */
export interface ContentFault {
  readonly id: string;
  readonly what: string;
  /** How the request for `v1` must end. */
  readonly ends: "replicated" | "failed" | "skipped" | "replicated or skipped";
  /** Prepares the fixture for one seed, and may look at it in the end: what is wrong then, or undefined. */
  readonly prepare: (fixture: ReplicateFixture, random: () => number) => Prepared | Promise<Prepared>;
}

export type Prepared = void | ((fixture: ReplicateFixture) => string | undefined | Promise<string | undefined>);

const never = new AbortController().signal;
const MAX_DELIVERIES = 8;
/** A hundred times as fast: what would take seconds takes hundredths of them. */
const HURRIED: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) };

/** One request, delivered again as long as it is deferred. @returns how it ended, and what is wrong. */
export async function carryOut(
  { prepare }: ContentFault,
  random: () => number,
): Promise<{ readonly ended: string; readonly wrong: string | undefined }> {
  const overrides: Partial<ReplicateTag> = { clock: HURRIED, random };
  const fixture = replicateFixture(overrides);
  const look = await prepare(fixture, random);
  let report: CopyReport = { outcome: "deferred", reason: "busy", afterMs: 0 };
  for (let delivery = 0; delivery < MAX_DELIVERIES && report.outcome === "deferred"; delivery++) {
    report = await replicateTag(copyRequest("v1"), anotherDelivery(fixture), never);
  }
  const ended = report.outcome === "unchanged" ? "replicated" : report.outcome;
  return { ended, wrong: (await look?.(fixture)) ?? incomplete(fixture) };
}

/** A tag at the target under which something is missing or wrong; undefined when there is none. */
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
