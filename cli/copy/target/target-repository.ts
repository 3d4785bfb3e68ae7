import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { isDigest } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import type { ImageTarget } from "../../../src/oci/image-target.ts";
import type { Tag } from "../../../src/oci/reference.ts";
import type { ImageNode } from "../../../src/replication/image/image-tree.ts";
import { resolveIfVisible } from "../../../src/replication/image/resolve-if-visible.ts";
import { createKnownContent } from "./known-content.ts";
import type { KnownContent } from "./known-content.ts";
import type { TargetTags } from "./target-tags.ts";

/** Answers whether a target repository has what an image needs, with as few requests as the run's knowledge allows. */
export interface TargetRepository {
  readonly content: KnownContent;
  /** Whether the reference names this manifest. */
  isCurrent(reference: Tag | Digest, root: ImageNode, signal: AbortSignal): Promise<boolean>;
  hasManifest(node: ImageNode, signal: AbortSignal): Promise<boolean>;
  hasBlob(blob: Descriptor, signal: AbortSignal): Promise<boolean>;
  /** An image has been compared with the repository. */
  compared(): void;
}

/** Blobs from this size on are always asked for: sending one in vain costs more than all requests of an image. */
const ASK_ALWAYS_BYTES: number = 1024 * 1024;
/**
 * When a repository without tags has nothing of this many images, it counts as new, and is no longer asked for small content. A copy that
 * was interrupted before its first tag leaves content of the images that it began with, which are asked for first.
 */
const COMPARED_UNTIL_NEW = 16;

export function createTargetRepository(
  target: Pick<ImageTarget, "resolve" | "hasBlob">,
  tags: TargetTags,
): TargetRepository {
  const content = createKnownContent();
  let compared = 0;
  let hasFound = false;

  async function isNew(signal: AbortSignal): Promise<boolean> {
    return !hasFound && compared >= COMPARED_UNTIL_NEW && (await tags.read(signal))?.size === 0;
  }

  function found(isThere: boolean): boolean {
    hasFound ||= isThere;
    return isThere;
  }

  const hasBlob = (blob: Descriptor, signal: AbortSignal): Promise<boolean> => {
    const ask = async (asking: AbortSignal): Promise<boolean> => {
      if (blob.size < ASK_ALWAYS_BYTES && (await isNew(asking))) return false;
      return found(await target.hasBlob(blob, asking));
    };
    return content.has(blob.digest, ask, signal);
  };

  const hasManifest = ({ manifest: { digest }, blobs: [first] }: ImageNode, signal: AbortSignal): Promise<boolean> => {
    const ask = async (asking: AbortSignal): Promise<boolean> => {
      // A registry refuses a manifest whose blobs it lacks (distribution-spec, "Pushing Manifests"). The first is usually the
      // configuration, which no other image has: most new manifests cost no request of their own.
      const mayBeThere = first === undefined ? !(await isNew(asking)) : await hasBlob(first, asking);
      return mayBeThere && found((await resolveIfVisible(target, digest, asking)) !== undefined);
    };
    return content.has(digest, ask, signal);
  };

  return {
    content,
    hasBlob,
    hasManifest,
    async isCurrent(reference, root, signal) {
      if (isDigest(reference)) return hasManifest(root, signal);
      if ((await tags.read(signal))?.has(reference) === false) return false;
      const { digest } = root.manifest;
      if ((await resolveIfVisible(target, reference, signal))?.digest !== digest) return false;
      content.confirm(digest);
      return true;
    },
    compared: () => void compared++,
  };
}
