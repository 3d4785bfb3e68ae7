import { isDigest } from "../../src/oci/digest.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { ImageResult } from "./copy-image.ts";
import type { CopyPlan } from "../../src/inspection/content/copy-plan.ts";

/**
 * Removes from each plan of a dry run, in the order of the list, what an earlier plan already sends to the same
 * repository: a copy sends it only once, with the first image that needs it.
 */
export function createEarlierPlans(): (result: ImageResult) => ImageResult {
  const planned = new Map<string, Set<Digest>>();
  return (result) => {
    if (result.outcome !== "planned") return result;
    const { registry, name } = result.subject.target;
    const repository = formatReference({ registry, name });
    const earlier = planned.get(repository) ?? new Set();
    planned.set(repository, earlier);
    const plan = without(result.plan, earlier);
    for (const { descriptor } of plan.blobs) earlier.add(descriptor.digest);
    for (const { manifest } of plan.batches.flat()) earlier.add(manifest.digest);
    return { ...result, plan };
  };
}

function without(plan: CopyPlan, earlier: ReadonlySet<Digest>): CopyPlan {
  const blobs = plan.blobs.filter(({ descriptor }) => !earlier.has(descriptor.digest));
  const batches = plan.batches
    .map((batch) => batch.filter(({ reference }) => !isDigest(reference) || !earlier.has(reference)))
    .filter((batch) => batch.length > 0);
  const present = {
    blobs: plan.present.blobs + plan.blobs.length - blobs.length,
    manifests: plan.present.manifests + plan.batches.flat().length - batches.flat().length,
  };
  return { ...plan, blobs, batches, present };
}
