import type { Digest } from "../../oci/digest.ts";
import type { ImageNode } from "../../replication/image/image-tree.ts";
import { nodesOf } from "../../replication/image/image-tree.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { Tag } from "../../oci/reference.ts";
import type { NamedImage } from "./image-and-companions.ts";

/** A manifest to put by tag or by digest. */
export interface PlannedManifest {
  readonly manifest: Manifest;
  readonly reference: Tag | Digest;
}

/**
 * The batches in which manifests are put: children before parents, then the tags of the companions, then the image's own tag. So a
 * tag at the target implies that everything it leads to is there.
 */
export function orderManifests(
  images: readonly NamedImage[],
  outdated: readonly NamedImage[],
  absent: ReadonlyMap<Digest, ImageNode>,
): PlannedManifest[][] {
  const byDigest: PlannedManifest[][] = [];
  const height = heights(absent);
  for (const { manifest } of descendantsOf(images)) {
    if (!absent.has(manifest.digest)) continue;
    (byDigest[height(manifest.digest)] ??= []).push({ manifest, reference: manifest.digest });
  }
  const tags = outdated.map(({ reference, tree }) => ({ reference, manifest: tree.root.manifest }));
  const last = images.at(-1)?.reference;
  const own = tags.filter(({ reference }) => reference === last);
  const others = tags.filter(({ reference }) => reference !== last);
  return [...byDigest, others, own].filter((batch) => batch.length > 0);
}

/** Every manifest below a root, each once. A root is put only under its tag. */
function descendantsOf(images: readonly NamedImage[]): ImageNode[] {
  const found = new Map<Digest, ImageNode>();
  for (const { tree } of images) {
    for (const node of nodesOf(tree)) if (node !== tree.root) found.set(node.manifest.digest, node);
  }
  return [...found.values()];
}

/** How many levels of absent manifests a manifest has below it. */
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
