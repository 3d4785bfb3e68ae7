import { MediaType, manifestKind } from "../../oci/media-type.ts";
import { successors } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";

/**
 * The type by which people tell images from other artifacts: the artifact type, or else the media type of the config (image-spec,
 * manifest.md "Guidelines for Artifact Usage"). An index without a type holds images. Anything else has the type of its manifest.
 * @throws {FormatError} for a malformed manifest.
 */
export function artifactTypeOf({ bytes, mediaType }: Manifest): string {
  const kind = manifestKind(mediaType);
  if (kind === "schema1") return mediaType;
  const { artifactType } = successors(bytes, mediaType);
  if (artifactType !== undefined) return artifactType;
  if (kind !== "index") return mediaType;
  return mediaType === MediaType.dockerList ? MediaType.dockerConfig : MediaType.ociConfig;
}
