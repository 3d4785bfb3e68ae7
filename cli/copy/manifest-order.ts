import type { Digest } from "../../src/oci/digest.ts";
import type { ImageNode } from "../../src/replication/image/image-tree.ts";
import { nodesOf } from "../../src/replication/image/image-tree.ts";
import type { PlannedPut } from "./copy-plan.ts";
import type { NamedImage } from "./image-and-companions.ts";

/**
 * The order in which manifests are put: children before parents, then the tags of what is about the image, then the
 * image's own: a tag that is there says that all of it is.
 */
export function orderManifests(
  images: readonly NamedImage[],
  unnamed: readonly NamedImage[],
  absent: ReadonlyMap<Digest, ImageNode>,
): PlannedPut[][] {
  const byDigest: PlannedPut[][] = [];
  const height = heights(absent);
  for (const { manifest } of belowTags(images)) {
    if (!absent.has(manifest.digest)) continue;
    (byDigest[height(manifest.digest)] ??= []).push({ manifest, reference: manifest.digest });
  }
  const tags = unnamed.map(({ reference, tree }) => ({ reference, manifest: tree.root.manifest }));
  const last = images.at(-1)?.reference;
  const own = tags.filter(({ reference }) => reference === last);
  const others = tags.filter(({ reference }) => reference !== last);
  return [...byDigest, others, own].filter((wave) => wave.length > 0);
}

/** Every manifest that another one leads to, each once. A root is put under its tag alone. */
function belowTags(images: readonly NamedImage[]): ImageNode[] {
  const below = new Map<Digest, ImageNode>();
  for (const { tree } of images) {
    for (const node of nodesOf(tree)) if (node !== tree.root) below.set(node.manifest.digest, node);
  }
  return [...below.values()];
}

/** How many levels of absent manifests are below one. */
function heights(absent: ReadonlyMap<Digest, ImageNode>): (digest: Digest) => number {
  const known = new Map<Digest, number>();
  const height = (digest: Digest): number => {
    const children = absent.get(digest)?.children ?? [];
    const found =
      known.get(digest) ??
      Math.max(0, ...children.map(({ manifest }) => (absent.has(manifest.digest) ? height(manifest.digest) + 1 : 0)));
    known.set(digest, found);
    return found;
  };
  return height;
}
