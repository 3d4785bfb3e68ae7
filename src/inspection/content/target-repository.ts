import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ImageTarget } from "../../oci/image-target.ts";
import type { Tag } from "../../oci/reference.ts";
import type { ImageNode } from "../../replication/image/image-tree.ts";
import { resolveIfVisible } from "../../replication/image/resolve-if-visible.ts";
import { createFirstImages } from "./first-images.ts";
import type { FirstImages } from "./first-images.ts";
import { createKnownContent } from "./known-content.ts";
import type { KnownContent } from "./known-content.ts";
import type { KnownTags } from "./known-tags.ts";

/** Answers whether a target repository has what an image needs, with as few requests as the run's knowledge allows. */
export interface TargetRepository {
  readonly content: KnownContent;
  readonly compare: FirstImages["compare"];
  /** What the tag names; undefined when there is no such tag. */
  lookUp(tag: Tag, signal: AbortSignal): Promise<Digest | undefined>;
  hasManifest(node: ImageNode, signal: AbortSignal): Promise<boolean>;
  hasBlob(blob: Descriptor, signal: AbortSignal): Promise<boolean>;
}

/** Blobs from this size on are always asked for: sending one in vain costs more than all requests of an image. */
const ASK_ALWAYS_BYTES: number = 1024 * 1024;

export function createTargetRepository(
  target: Pick<ImageTarget, "resolve" | "hasBlob">,
  tags: KnownTags,
): TargetRepository {
  const content = createKnownContent();
  const first = createFirstImages(async (signal) => (await tags.read(signal))?.size === 0);

  function noted(isThere: boolean): boolean {
    if (isThere) first.found();
    return isThere;
  }

  const hasBlob = (blob: Descriptor, signal: AbortSignal): Promise<boolean> => {
    const ask = async (asking: AbortSignal): Promise<boolean> => {
      if (blob.size < ASK_ALWAYS_BYTES && (await first.isNew(asking))) return false;
      return noted(await target.hasBlob(blob, asking));
    };
    return content.has(blob.digest, ask, signal);
  };

  const hasManifest = ({ manifest: { digest }, blobs: [config] }: ImageNode, signal: AbortSignal): Promise<boolean> => {
    const ask = async (asking: AbortSignal): Promise<boolean> => {
      // A registry refuses a manifest whose blobs it lacks (distribution-spec, "Pushing Manifests"). The first is usually the
      // configuration, which no other image has: most new manifests cost no request of their own.
      const mayBeThere = config === undefined ? !(await first.isNew(asking)) : await hasBlob(config, asking);
      return mayBeThere && noted((await resolveIfVisible(target, digest, asking)) !== undefined);
    };
    return content.has(digest, ask, signal);
  };

  return {
    content,
    hasBlob,
    hasManifest,
    async lookUp(tag, signal) {
      if ((await tags.read(signal))?.has(tag) === false) return undefined;
      return (await resolveIfVisible(target, tag, signal))?.digest;
    },
    compare: (comparison, signal) => first.compare(comparison, signal),
  };
}
