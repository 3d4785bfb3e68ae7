/** Media types of the image-spec (media-types.md) and of Docker's image manifest version 2, schema 1 and 2. */
export const MediaType = {
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociLayer: "application/vnd.oci.image.layer.v1.tar",
  ociLayerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociEmpty: "application/vnd.oci.empty.v1+json",
  ociArtifact: "application/vnd.oci.artifact.manifest.v1+json",
  orasArtifact: "application/vnd.cncf.oras.artifact.manifest.v1+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerSchema1: "application/vnd.docker.distribution.manifest.v1+json",
  dockerSchema1Signed: "application/vnd.docker.distribution.manifest.v1+prettyjws",
} as const;

export type ManifestKind = "image" | "index" | "artifact" | "schema1";

const KIND: ReadonlyMap<string, ManifestKind> = new Map([
  [MediaType.ociManifest, "image"],
  [MediaType.dockerManifest, "image"],
  [MediaType.ociIndex, "index"],
  [MediaType.dockerList, "index"],
  [MediaType.ociArtifact, "artifact"],
  [MediaType.orasArtifact, "artifact"],
  [MediaType.dockerSchema1, "schema1"],
  [MediaType.dockerSchema1Signed, "schema1"],
]);

/** The kind of manifest with this media type; undefined for any other type. */
export function manifestKind(mediaType: string): ManifestKind | undefined {
  return KIND.get(mediaType);
}

/**
 * The Accept header of all manifest requests: all known types, so that a registry never converts a manifest
 * (Amazon ECR converts a pull by tag whose Accept lacks the stored type: user guide, image-manifest-formats).
 */
export const MANIFEST_ACCEPT: string = [...KIND.keys()].join(", ");

const FOREIGN = [
  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
];

/** True for layers that registries need not store (image-spec, layer.md "Non-Distributable Layers"). */
export function isNonDistributable(mediaType: string): boolean {
  return FOREIGN.includes(mediaType);
}
