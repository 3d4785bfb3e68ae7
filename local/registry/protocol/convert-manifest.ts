import { MediaType } from "../../../src/oci/media-type.ts";

interface Served {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

const OCI_TO_DOCKER: readonly (readonly [string, string])[] = [
  [MediaType.ociManifest, MediaType.dockerManifest],
  [MediaType.ociIndex, MediaType.dockerList],
  [MediaType.ociConfig, "application/vnd.docker.container.image.v1+json"],
  [MediaType.ociLayerGzip, "application/vnd.docker.image.rootfs.diff.tar.gzip"],
];

/**
 * What ECR answers to a pull by tag whose Accept lacks the stored type: the same image in the other format, so with
 * another digest (ECR user guide, "Container image manifest format support").
 */
export function convertManifest(stored: Served, accept: string | undefined): Served {
  const accepted = (accept ?? "").split(",").map((type) => type.split(";")[0]?.trim());
  if (accept === undefined || accepted.includes("*/*") || accepted.includes(stored.mediaType)) return stored;
  const pairs = [...OCI_TO_DOCKER, ...OCI_TO_DOCKER.map(([oci, docker]) => [docker, oci] as const)];
  const mediaType = pairs.find(([from, to]) => from === stored.mediaType && accepted.includes(to))?.[1];
  if (mediaType === undefined) return stored;
  const toDocker = mediaType === MediaType.dockerManifest || mediaType === MediaType.dockerList;
  const text = new TextDecoder().decode(stored.bytes);
  const converted = OCI_TO_DOCKER.reduce(
    (result, [oci, docker]) =>
      toDocker ? result.replaceAll(`"${oci}"`, `"${docker}"`) : result.replaceAll(`"${docker}"`, `"${oci}"`),
    text,
  );
  return { mediaType, bytes: new TextEncoder().encode(converted) };
}
