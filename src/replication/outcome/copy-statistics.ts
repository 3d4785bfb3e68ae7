/** What one copy sent, and what the target already had. */
export interface CopyStatistics {
  /** Manifests put, including the one under the tag. */
  manifests: number;
  blobsUploaded: number;
  blobsMounted: number;
  blobsPresent: number;
  /** Bytes of uploaded blobs. */
  bytesUploaded: number;
  /** Bytes of the present blobs that a pre-copy sent and that no copy has used before. Absent for none. */
  bytesPreCopied?: number;
}

/** Adds the statistics of another copy. */
export function addStatistics(statistics: CopyStatistics, more: Readonly<CopyStatistics>): void {
  statistics.manifests += more.manifests;
  statistics.blobsUploaded += more.blobsUploaded;
  statistics.blobsMounted += more.blobsMounted;
  statistics.blobsPresent += more.blobsPresent;
  statistics.bytesUploaded += more.bytesUploaded;
  if (more.bytesPreCopied !== undefined) addPreCopied(statistics, more.bytesPreCopied);
}

export function emptyStatistics(): CopyStatistics {
  return { manifests: 0, blobsUploaded: 0, blobsMounted: 0, blobsPresent: 0, bytesUploaded: 0 };
}

export function addPreCopied(statistics: CopyStatistics, bytes: number): void {
  statistics.bytesPreCopied = (statistics.bytesPreCopied ?? 0) + bytes;
}
