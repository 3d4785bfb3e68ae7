import { digestOf } from "../../oci/digest.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { MediaType } from "../../oci/media-type.ts";

/** An image of a few bytes, as it is pushed: the blobs, then the manifest. */
export interface CanaryImage {
  readonly manifest: Manifest;
  readonly blobs: readonly { readonly descriptor: Descriptor; readonly bytes: Uint8Array }[];
}

/** An archive without files: its end is two blocks of zeros (POSIX.1-1988, ustar). */
const EMPTY_LAYER = new Uint8Array(1_024);

/**
 * The canary of a time, with a digest of its own: its config names the time. Each canary so has one new blob, one blob that the target has
 * already, and a new manifest. @param at epoch milliseconds.
 */
export function canaryImage(at: number): CanaryImage {
  const created = new Date(at).toISOString();
  const layer = blobOf(MediaType.ociLayer, EMPTY_LAYER);
  const config = blobOf(
    MediaType.ociConfig,
    encode({
      created,
      architecture: "amd64",
      os: "linux",
      config: {},
      rootfs: { type: "layers", diff_ids: [layer.descriptor.digest] },
    }),
  );
  const bytes = encode({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: config.descriptor,
    layers: [layer.descriptor],
    annotations: {
      "org.opencontainers.image.created": created,
      "org.opencontainers.image.title": "Freightliner canary",
    },
  });
  return { manifest: { mediaType: MediaType.ociManifest, digest: digestOf(bytes), bytes }, blobs: [config, layer] };
}

function blobOf(mediaType: string, bytes: Uint8Array): CanaryImage["blobs"][number] {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

function encode(document: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}
