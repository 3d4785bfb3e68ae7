/** The size of request bodies that a registry, or a proxy before it, accepts. */
export interface BodyLimit {
  /** Size of the smallest refused body, in bytes; infinite until one is refused. */
  smallestRefusedBytes: number;
}

/** Preferred size of a part: above the minimum of object stores (5 MiB in Amazon S3's multipart uploads), and small enough for memory. */
const PART_BYTES: number = 8 * 1024 * 1024;
/** Parts do not get smaller than this: a registry that refuses them cannot store blobs. */
export const SMALLEST_PART_BYTES: number = 256 * 1024;

/** Size of the next part of a blob, in bytes. @param minBytes the minimum that the registry demands. */
export function partBytes({ smallestRefusedBytes }: BodyLimit, minBytes = 0): number {
  return Math.max(Math.min(PART_BYTES, Math.floor(smallestRefusedBytes / 2)), SMALLEST_PART_BYTES, minBytes);
}
