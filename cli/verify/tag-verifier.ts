import { systemClock } from "../../src/async/system-clock.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { ImageSource } from "../../src/oci/image-source.ts";
import { sourceThrough } from "../../src/registry/registry-source.ts";
import { createUploadConcurrency } from "../../src/replication/pacing/upload-concurrency.ts";
import type { ImagePair } from "../copy/expand-tags.ts";
import { executePlan } from "../copy/execute-plan.ts";
import type { ExecutionPorts } from "../copy/execute-plan.ts";
import { readImageAndCompanions } from "../../src/inspection/content/image-and-companions.ts";
import type { NamedImage } from "../../src/inspection/content/image-and-companions.ts";
import { alreadyListed, withKnownTags } from "../../src/inspection/content/known-tags.ts";
import { resolveImage } from "../copy/resolve-image.ts";
import { createKnownContent } from "../../src/inspection/content/known-content.ts";
import type { Repositories } from "../registry-access/repositories.ts";
import { compareImages } from "../../src/inspection/verify/compare-images.ts";
import type { Comparison } from "../../src/inspection/verify/compare-images.ts";
import type { VerifiedTag } from "../../src/inspection/verify/verdict.ts";
import { createContentChecks } from "../../src/inspection/verify/content-checks.ts";
import type { ContentChecks } from "../../src/inspection/verify/content-checks.ts";
import { planRepair, repairedContent } from "./repair-images.ts";

export interface TagVerifierOptions {
  readonly referrers: boolean;
  readonly readBlobs: boolean;
  readonly repair: boolean;
}

/** Compares the tags of one repository with their copies, and repairs the copies. Content that tags share is checked once. */
export interface TagVerifier {
  verify(pair: ImagePair, signal: AbortSignal): Promise<VerifiedTag>;
}

/** A tag that moves all the time is compared this often. */
const MOST_COMPARISONS = 3;
const CONCURRENT_STREAMS = 64;

export async function openTagVerifier(
  { source: from, target: to }: Pick<ImagePair, "source" | "target">,
  options: TagVerifierOptions,
  repositories: Repositories,
): Promise<TagVerifier> {
  const [source, target, client] = await Promise.all([
    repositories.source(from),
    repositories.target(to),
    repositories.client("target", to),
  ]);
  const read = sourceThrough(client);
  const copy = { read, checks: checksOf(read, options), sourceChecks: checksOf(source, options) };
  const ports: ExecutionPorts = {
    source,
    target,
    content: createKnownContent(),
    from: formatReference({ registry: from.registry, name: from.name }),
    streams: createUploadConcurrency({ small: CONCURRENT_STREAMS, big: CONCURRENT_STREAMS, now: Date.now }),
    clock: systemClock,
    observe: () => undefined,
  };
  const compare = (images: readonly NamedImage[], signal: AbortSignal) => compareImages(images, copy, options, signal);
  return {
    async verify(pair, signal) {
      const { images, comparison } = await compareCurrent(pair, { source, compare, options }, signal);
      const { differences } = comparison;
      if (!options.repair || differences.length === 0) return comparison;
      await executePlan(planRepair(images, differences), ports, signal);
      copy.checks.forget(repairedContent(differences));
      const { differences: remaining } = await compare(images, signal);
      return { ...comparison, remaining };
    },
  };
}

function checksOf(end: ImageSource, { readBlobs }: TagVerifierOptions): ContentChecks {
  return createContentChecks({ read: end, hasBlob: (blob, signal) => end.hasBlob(blob, signal), readBlobs });
}

interface Comparing {
  readonly source: ImageSource;
  readonly compare: (images: readonly NamedImage[], signal: AbortSignal) => Promise<Comparison>;
  readonly options: TagVerifierOptions;
}

/** Compares with what the tag names at the source. When it moves meanwhile, compares again. */
async function compareCurrent(pair: ImagePair, { source, compare, options }: Comparing, signal: AbortSignal) {
  const { tag } = pair.source;
  const { referrers } = options;
  for (let comparisons = 1; ; comparisons++) {
    const root = await resolveImage({ source: pair.source, platform: undefined }, source, signal);
    const reference = pair.target.tag ?? tag ?? root.digest;
    const reading = {
      source: withKnownTags(source, alreadyListed(pair.sourceTags)),
      referrers,
      sparse: "keep",
    } as const;
    const images = await readImageAndCompanions({ root, reference }, reading, signal);
    const comparison = await compare(images, signal);
    const isSettled = comparison.differences.length === 0 || comparisons === MOST_COMPARISONS || tag === undefined;
    if (isSettled || (await source.resolve(tag, signal))?.digest === root.digest) return { images, comparison };
  }
}
