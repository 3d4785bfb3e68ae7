import type { CopyProgress } from "../../src/replication/state/copy-progress.ts";
import { formatBytes } from "./format.ts";

/** A line such as `[####....] 1.0 MB of 2.0 MB, 1/3 blobs`. `width` is that of the bar without its brackets, in characters. */
export function progressBar(progress: CopyProgress, width: number): string {
  const { blobs, blobsDone, bytes, bytesSent } = progress;
  return `${bar(shareOf(progress), width)} ${formatBytes(bytesSent)} of ${formatBytes(bytes)}, ${blobsDone}/${blobs} blobs`;
}

/** A bar such as `[####....]`. */
export function bar(share: number, width: number): string {
  const full = Math.round(share * width);
  return `[${"#".repeat(full)}${".".repeat(width - full)}]`;
}

/** The share of the bytes that is sent. A blob that is sent again counts twice, so the sum may exceed the bytes. */
export function shareOf({ bytes, bytesSent }: CopyProgress): number {
  return bytes === 0 ? 1 : Math.min(bytesSent / bytes, 1);
}
