import type { Descriptor } from "../../src/oci/descriptor.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { successors } from "../../src/oci/manifest.ts";
import { formatPlatform } from "../../src/oci/platform.ts";
import { cosignTagSubject } from "../../src/oci/cosign-tags.ts";
import type { ImageNode } from "../../src/replication/image/image-tree.ts";
import { nodesOf } from "../../src/replication/image/image-tree.ts";
import type { NamedImage } from "../../src/inspection/content/image-and-companions.ts";

/** A manifest or a blob, with the content that it points to and its referrers. */
export interface Content {
  readonly role: "index" | "image" | "artifact" | "schema1" | "config" | "layer" | "blob" | "absent";
  readonly digest: Digest;
  /** Bytes of the manifest or blob itself, without its parts. */
  readonly size: number;
  readonly mediaType: string;
  readonly platform?: string;
  /** The artifact type; absent for images that can be run and for indexes. */
  readonly artifactType?: string;
  /** The tag of a signature, an attestation or an SBOM in cosign's older scheme. */
  readonly tag?: string;
  readonly parts?: readonly Content[];
  readonly attached?: readonly Content[];
}

/** The tree of an image. The last of `images` is the image itself; the others are its companions. */
export function contentTree(images: readonly NamedImage[]): Content {
  const attached = attachments(images);
  const own = images.at(-1)?.tree.root;
  if (own === undefined) throw new Error("there is no image to show");
  return contentOf(own, attached, {});
}

interface Attachment {
  readonly node: ImageNode;
  readonly tag?: string;
}

/** Referrers by their subject, and companions under cosign's tags by the digest in the tag. */
function attachments(images: readonly NamedImage[]): ReadonlyMap<Digest, readonly Attachment[]> {
  const found = new Map<Digest, Attachment[]>();
  const add = (subject: Digest | undefined, attachment: Attachment): void => {
    if (subject !== undefined) found.set(subject, [...(found.get(subject) ?? []), attachment]);
  };
  const seen = new Set<Digest>();
  for (const { reference, tree } of images) {
    add(cosignTagSubject(reference), { node: tree.root, tag: reference });
    for (const node of tree.referrers) {
      if (seen.has(node.manifest.digest)) continue;
      seen.add(node.manifest.digest);
      add(successors(node.manifest.bytes, node.manifest.mediaType).subject?.digest, { node });
    }
  }
  return found;
}

function contentOf(
  node: ImageNode,
  attached: ReadonlyMap<Digest, readonly Attachment[]>,
  more: Pick<Content, "platform" | "tag">,
): Content {
  const { manifest } = node;
  const found = successors(manifest.bytes, manifest.mediaType);
  const children = new Map(
    nodesOf({ root: node, referrers: [], leftOut: [] }).map((child) => [child.manifest.digest, child]),
  );
  const parts = [
    ...found.manifests.map((child) => childOf(child, children.get(child.digest), attached)),
    ...found.blobs.map((blob, index) => blobContent(blob, found.kind, index)),
  ];
  const beside = (attached.get(manifest.digest) ?? []).map(({ node: other, tag }) =>
    contentOf(other, attached, tag === undefined ? {} : { tag }),
  );
  const isPlain = found.artifactType === undefined || found.kind === "index" || isImageConfig(found.artifactType);
  return {
    role: found.kind,
    digest: manifest.digest,
    size: manifest.bytes.byteLength,
    mediaType: manifest.mediaType,
    ...more,
    ...(isPlain || found.artifactType === undefined ? {} : { artifactType: found.artifactType }),
    ...(parts.length === 0 ? {} : { parts }),
    ...(beside.length === 0 ? {} : { attached: beside }),
  };
}

function childOf(
  descriptor: Descriptor,
  node: ImageNode | undefined,
  attached: ReadonlyMap<Digest, readonly Attachment[]>,
): Content {
  const platform = descriptor.platform === undefined ? {} : { platform: formatPlatform(descriptor.platform) };
  if (node !== undefined) return contentOf(node, attached, platform);
  const { digest, size, mediaType } = descriptor;
  return { role: "absent", digest, size, mediaType, ...platform };
}

function blobContent({ digest, size, mediaType }: Descriptor, kind: Content["role"], index: number): Content {
  const role = kind !== "image" ? "blob" : index === 0 ? "config" : "layer";
  return { role, digest, size, mediaType };
}

/** True for the config types of images that can be run. */
function isImageConfig(mediaType: string): boolean {
  return /^application\/vnd\.(?:oci\.image\.config|docker\.container\.image)\.v1\+json$/.test(mediaType);
}
