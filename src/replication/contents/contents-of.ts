import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { formatPlatform } from "../../oci/platform.ts";
import { blobsOf } from "../image/image-tree.ts";
import type { ImageNode, ImageTree } from "../image/image-tree.ts";
import type { ContainedManifest, ImageContents } from "./image-contents.ts";

/** Entries of the contents: an index with more platforms, or an image with more layers, is listed in part. */
const MOST = { manifests: 40, attached: 20, blobs: 300, tags: 20 } as const;
/** Characters of a media type or platform, which others have written. */
const MOST_CHARACTERS = 100;
const HEX_DIGITS = 12;

/** @param tags of cosign that were copied with the image. */
export function contentsOf(tree: ImageTree, tags: readonly string[]): ImageContents {
  const room = { blobs: MOST.blobs };
  const named = listed([{ node: tree.root, depth: 0 }], MOST.manifests, room);
  const others = tree.referrers.map((node) => ({ node, depth: 0 }));
  const attached = listed(others, MOST.attached, room);
  return {
    digest: tree.root.manifest.digest,
    bytes: sum(blobsOf(tree)),
    manifests: named.manifests,
    moreManifests: named.more,
    attached: attached.manifests,
    moreAttached: attached.more,
    tags: tags.slice(0, MOST.tags),
    moreTags: Math.max(tags.length - MOST.tags, 0),
  };
}

/** A manifest, and the platform that its parent gives it. */
interface Placed {
  readonly node: ImageNode;
  readonly depth: number;
  readonly platform?: string;
}

/** The manifests below these, each once, parents first. @param room for blobs, which all manifests share. */
function listed(roots: readonly Placed[], most: number, room: { blobs: number }) {
  const seen = new Set<Digest>();
  const manifests: ContainedManifest[] = [];
  const visit = (placed: Placed): void => {
    const { digest } = placed.node.manifest;
    if (seen.has(digest)) return;
    seen.add(digest);
    if (manifests.length < most) manifests.push(manifestOf(placed, room));
    for (const child of childrenOf(placed)) visit(child);
  };
  roots.forEach(visit);
  return { manifests, more: seen.size - manifests.length };
}

function childrenOf({ node: { children, successors }, depth }: Placed): Placed[] {
  const platforms = new Map(successors.manifests.map(({ digest, platform }) => [digest, platform]));
  return children.map((node) => {
    const platform = platforms.get(node.manifest.digest);
    const place = { node, depth: depth + 1 };
    return platform === undefined ? place : { ...place, platform: formatPlatform(platform) };
  });
}

function manifestOf({ node, depth, platform }: Placed, room: { blobs: number }): ContainedManifest {
  const { manifest, blobs, successors } = node;
  const { artifactType, subject } = successors;
  const shown = blobs.slice(0, room.blobs);
  room.blobs -= shown.length;
  return {
    digest: manifest.digest,
    mediaType: cut(manifest.mediaType),
    size: manifest.bytes.byteLength,
    depth,
    ...(platform === undefined ? {} : { platform: cut(platform) }),
    ...(artifactType === undefined ? {} : { artifactType: cut(artifactType) }),
    ...(subject === undefined ? {} : { subject: shortHex(subject.digest) }),
    bytes: sum(blobs),
    blobs: shown.map(({ digest, mediaType, size }) => ({ digest: shortHex(digest), mediaType: cut(mediaType), size })),
    moreBlobs: blobs.length - shown.length,
  };
}

const sum = (blobs: readonly Descriptor[]): number => blobs.reduce((bytes, { size }) => bytes + size, 0);

const cut = (text: string): string => text.slice(0, MOST_CHARACTERS);

const shortHex = (digest: Digest): string => digest.slice(digest.indexOf(":") + 1).slice(0, HEX_DIGITS);
