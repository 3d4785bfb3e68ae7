import { isDigest } from "../../src/oci/digest.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { ImageResult } from "./copy-image.ts";
import type { CopyPlan } from "./copy-plan.ts";

/**
 * For the plans of a dry run in the order of the list: omits from each what the plans before it send to the same repository. A copy sends it
 * once, with the image that comes first to it.
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
