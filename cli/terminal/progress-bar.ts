import type { CopyProgress } from "../../src/replication/state/copy-progress.ts";
import { formatBytes } from "./format.ts";

/** A line such as `[####....] 1.0 MB of 2.0 MB, 1/3 blobs`. `width` is that of the bar without its brackets, in characters. */
export function progressBar({ blobs, blobsDone, bytes, bytesSent }: CopyProgress, width: number): string {
  const share = bytes === 0 ? 1 : Math.min(bytesSent / bytes, 1);
  const full = Math.round(share * width);
  const bar = `[${"#".repeat(full)}${".".repeat(width - full)}]`;
  return `${bar} ${formatBytes(bytesSent)} of ${formatBytes(bytes)}, ${blobsDone}/${blobs} blobs`;
}
