import { gzipSync } from "node:zlib";
import { digestOf } from "../../src/oci/digest.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { blobOf } from "./image-content.ts";
import type { BlobContent } from "./image-content.ts";
import { tarOfFiles } from "./tar.ts";

/** A small layer of real files, given by path and text, for programs that unpack images. */
export function fileLayer(files: Readonly<Record<string, string>>, compression: "none" | "gzip" = "none"): BlobContent {
  const entries = Object.entries(files).map(([name, text]) => {
    const bytes = new TextEncoder().encode(text);
    return { name, size: bytes.byteLength, content: [bytes] };
  });
  const archive = Buffer.concat([...tarOfFiles(entries)]);
  if (compression === "none") return blobOf(archive, MediaType.ociLayer);
  return { ...blobOf(gzipSync(archive), MediaType.ociLayerGzip), diffId: digestOf(archive) };
}
