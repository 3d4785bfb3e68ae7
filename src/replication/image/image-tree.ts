import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Manifest, Successors } from "../../oci/manifest.ts";
import type { LeftOut } from "../outcome/left-out.ts";

/** A manifest, its blobs, and its children, which must be put before it. */
export interface ImageNode {
  readonly manifest: Manifest;
  readonly children: readonly ImageNode[];
  readonly blobs: readonly Descriptor[];
  /** All that the manifest names, also what is not copied. */
  readonly successors: Successors;
}

/** An image at the source, with its attachments. */
export interface ImageTree {
  readonly root: ImageNode;
  /** Manifests whose subject is a manifest of the image or another referrer: signatures, SBOMs, attestations. */
  readonly referrers: readonly ImageNode[];
  /** Content that the source names and the tree leaves out. */
  readonly leftOut: readonly LeftOut[];
}

/** The source lacks content that one of its manifests names. */
export class MissingContentError extends Error {
  override readonly name = "MissingContentError";
  readonly digests: readonly Digest[];

  constructor(digests: readonly Digest[], advice = "") {
    const more = digests.length > DIGESTS_SHOWN ? ` and ${digests.length - DIGESTS_SHOWN} more` : "";
    super(`the source does not have ${digests.slice(0, DIGESTS_SHOWN).join(", ")}${more}${advice}`);
    this.digests = digests;
  }
}

/** Digests listed in the message. */
const DIGESTS_SHOWN = 5;
/** Every blob of an image once, the biggest first: the longest upload decides when the copy ends. */
export function blobsOf(tree: ImageTree): Descriptor[] {
  const blobs = new Map<Digest, Descriptor>();
  for (const node of nodesOf(tree)) for (const blob of node.blobs) blobs.set(blob.digest, blob);
  return [...blobs.values()].toSorted((a, b) => b.size - a.size);
}

/** Every manifest of an image once, children before parents, referrers last. */
export function nodesOf(tree: ImageTree): ImageNode[] {
  const nodes = new Map<Digest, ImageNode>();
  const visit = (node: ImageNode): void => {
    if (nodes.has(node.manifest.digest)) return;
    node.children.forEach(visit);
    nodes.set(node.manifest.digest, node);
  };
  [tree.root, ...tree.referrers].forEach(visit);
  return [...nodes.values()];
}
