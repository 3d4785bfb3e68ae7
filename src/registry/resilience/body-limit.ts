/** What a registry, or what stands before it, has shown of how large a request's body may be. */
export interface BodyLimit {
  /** The smallest body it refused, in bytes; infinite as long as it refused none. */
  smallestRefusedBytes: number;
}

/** A part of a blob: what object stores take at the least (Amazon S3's multipart uploads), and nothing to hold in memory. */
const PART_BYTES: number = 8 * 1024 * 1024;
/** Parts do not get smaller than this: a registry that refuses them takes no blobs. */
export const SMALLEST_PART_BYTES: number = 256 * 1024;

/** How many bytes of a blob are sent at once. @param leastBytes what the registry wants at the least. */
export function partBytes({ smallestRefusedBytes }: BodyLimit, leastBytes = 0): number {
  return Math.max(Math.min(PART_BYTES, Math.floor(smallestRefusedBytes / 2)), SMALLEST_PART_BYTES, leastBytes);
}
