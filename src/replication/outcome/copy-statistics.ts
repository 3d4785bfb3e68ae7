/** What one copy moved and what it found in place. */
export interface Tally {
  /** Manifests put, the tag's own included. */
  manifests: number;
  blobsUploaded: number;
  blobsMounted: number;
  blobsPresent: number;
  /** Bytes of the blobs uploaded. */
  bytesUploaded: number;
}

/** Counts what another copy moved to one's own. */
export function addTally(tally: Tally, more: Readonly<Tally>): void {
  tally.manifests += more.manifests;
  tally.blobsUploaded += more.blobsUploaded;
  tally.blobsMounted += more.blobsMounted;
  tally.blobsPresent += more.blobsPresent;
  tally.bytesUploaded += more.bytesUploaded;
}

export function emptyTally(): Tally {
  return { manifests: 0, blobsUploaded: 0, blobsMounted: 0, blobsPresent: 0, bytesUploaded: 0 };
}
