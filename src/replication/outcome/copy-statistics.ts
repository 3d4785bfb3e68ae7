/** What one copy moved and what it found in place. */
export interface CopyStatistics {
  /** Manifests put, the tag's own included. */
  manifests: number;
  blobsUploaded: number;
  blobsMounted: number;
  blobsPresent: number;
  /** Bytes of the blobs uploaded. */
  bytesUploaded: number;
}

/** Counts what another copy moved to one's own. */
export function addStatistics(statistics: CopyStatistics, more: Readonly<CopyStatistics>): void {
  statistics.manifests += more.manifests;
  statistics.blobsUploaded += more.blobsUploaded;
  statistics.blobsMounted += more.blobsMounted;
  statistics.blobsPresent += more.blobsPresent;
  statistics.bytesUploaded += more.bytesUploaded;
}

export function emptyStatistics(): CopyStatistics {
  return { manifests: 0, blobsUploaded: 0, blobsMounted: 0, blobsPresent: 0, bytesUploaded: 0 };
}
