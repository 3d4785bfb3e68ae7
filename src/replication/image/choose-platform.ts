import type { ImageSource, ManifestWanted } from "../../oci/image-source.ts";
import type { Platform } from "../../oci/platform.ts";
import { bestMatches, findPlatforms } from "./find-platforms.ts";

/** The image of one platform; `none`: the platforms that exist instead. */
export type ChosenPlatform =
  | { readonly kind: "chosen"; readonly root: ManifestWanted }
  | { readonly kind: "none"; readonly has: readonly Platform[] };

/**
 * Chooses the image for a platform: of an index, the first of those that serve it best. A single image is chosen if its config names that
 * platform.
 * @throws {MissingContentError} @throws {FormatError} @throws {RegistryError}
 */
export async function choosePlatform(
  root: ManifestWanted,
  wanted: Platform,
  source: Pick<ImageSource, "fetchManifest" | "openBlob">,
  signal: AbortSignal,
): Promise<ChosenPlatform> {
  const { images } = await findPlatforms(root, source, signal);
  const [first] = bestMatches(images, wanted);
  if (first !== undefined) return { kind: "chosen", root: first.root };
  return { kind: "none", has: images.flatMap(({ platform }) => (platform === undefined ? [] : [platform])) };
}
