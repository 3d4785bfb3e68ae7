import type { Digest } from "../../oci/digest.ts";
import type { ManifestWanted } from "../../oci/image-source.ts";
import type { Tag } from "../../oci/reference.ts";
import { isSignatureTag } from "../../oci/cosign-tags.ts";
import { resolveCosignTags } from "../../replication/image/find-cosign-tags.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import { nodesOf } from "../../replication/image/image-tree.ts";
import type { ImageTree } from "../../replication/image/image-tree.ts";
import { readImage } from "../../replication/image/read-image.ts";
import type { ReadImage } from "../../replication/image/read-image.ts";

/** An image, and the tag or digest it gets at the target. */
export interface NamedImage {
  readonly reference: Tag | Digest;
  readonly tree: ImageTree;
}

const CONCURRENT_IMAGES = 4;
/** Bounds chains such as the signature of an SBOM of an attestation, which are never this long in practice. */
const MAX_LEVELS = 8;

/**
 * Reads an image and its companions: signatures, attestations and SBOMs under cosign's tags, and their own companions in turn. The
 * image itself comes last.
 * @throws {MissingContentError} @throws {FormatError} @throws {RegistryError}
 */
export async function readImageAndCompanions(
  wanted: { readonly root: ManifestWanted; readonly reference: Tag | Digest },
  image: ReadImage,
  signal: AbortSignal,
): Promise<NamedImage[]> {
  const images: NamedImage[] = [];
  const located = new Set<Digest>();
  const read = async (each: typeof wanted, working: AbortSignal): Promise<NamedImage> => ({
    reference: each.reference,
    tree: await readImage(each.root, image, working),
  });
  for (let level = [wanted], depth = 0; level.length > 0 && depth < MAX_LEVELS; depth++) {
    const found = await concurrently(level, CONCURRENT_IMAGES, read, signal);
    images.unshift(...found);
    if (!image.referrers) break;
    const subjects = found.filter(({ reference }) => !isSignatureTag(reference));
    const digests = subjects.flatMap(({ tree }) => nodesOf(tree).map(({ manifest }) => manifest.digest));
    const fresh = digests.filter((digest) => !located.has(digest) && located.add(digest));
    const companions = await resolveCosignTags(fresh, image.source, signal);
    level = companions.map(({ tag, root }) => ({ root, reference: tag }));
  }
  return images;
}
