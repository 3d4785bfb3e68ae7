import { isDigest } from "../../src/oci/digest.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { blobsOf, nodesOf } from "../../src/replication/image/image-tree.ts";
import type { CopyPlan } from "../../src/inspection/content/copy-plan.ts";
import type { NamedImage } from "../../src/inspection/content/image-and-companions.ts";
import { orderManifests } from "../../src/inspection/content/manifest-order.ts";
import type { Difference } from "../../src/inspection/verify/compare-images.ts";

/** The plan of a copy that sends exactly what differs, whatever the target says it has. */
export function planRepair(images: readonly NamedImage[], differences: readonly Difference[]): CopyPlan {
  const atTarget = differences.filter(({ side }) => side !== "source");
  const named = (...kinds: readonly Difference["kind"][]): ReadonlySet<string> =>
    new Set(atTarget.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name));
  const [tags, blobs, manifests] = [named("tag"), named("blob"), named("manifest", "referrer")];
  const nodes = images.flatMap(({ tree }) => nodesOf(tree));
  const absent = new Map(
    nodes.filter(({ manifest: { digest } }) => manifests.has(digest)).map((node) => [node.manifest.digest, node]),
  );
  // A root is put under its tag only.
  const outdated = images.filter(({ reference, tree }) => tags.has(reference) || absent.has(tree.root.manifest.digest));
  const all = new Map(images.flatMap(({ tree }) => blobsOf(tree).map((blob) => [blob.digest, blob] as const)));
  const missing = [...all.values()].filter(({ digest }) => blobs.has(digest));
  return {
    blobs: missing.toSorted((a, b) => b.size - a.size).map((descriptor) => ({ descriptor, mountFrom: undefined })),
    batches: orderManifests(images, outdated, absent),
    present: { blobs: all.size - missing.length, manifests: nodes.length - absent.size },
    leftOut: [],
  };
}

/** The content whose checks a repair makes obsolete. */
export function repairedContent(differences: readonly Difference[]): Digest[] {
  return differences.map(({ name }) => name).filter(isDigest);
}
