/** Time limits of transfers, in milliseconds. */
export interface TransferTimeouts {
  /** A download without a byte for this long has stalled. */
  readonly silenceMs: number;
  /** A download with fewer than `floorBytes` in `floorMs` of waiting drips, which no socket timeout notices. */
  readonly floorBytes: number;
  readonly floorMs: number;
  /** An upload of which the target takes no byte for this long has stalled. */
  readonly unreadMs: number;
  /** From the start of a request with a body in memory to the head of its response. */
  readonly answerMs: number;
  /** From the last byte of a blob to the response that commits it, without the share that its size adds: {@link commitTimeoutMs}. */
  readonly commitMs: number;
  /** From the start of a request without a body to the head of its response, informational responses (1xx) included. */
  readonly headMs: number;
  /** For a response that is read whole, whatever its pace. */
  readonly wholeMs: number;
  /** For the rest of a body that is not needed, so that its connection can be used again. */
  readonly restMs: number;
}

export const DEFAULT_TIMEOUTS: TransferTimeouts = {
  silenceMs: 10_000,
  floorBytes: 64 * 1024,
  floorMs: 15_000,
  unreadMs: 15_000,
  answerMs: 60_000,
  commitMs: 300_000,
  headMs: 20_000,
  wholeMs: 60_000,
  restMs: 1_000,
};

/** The slowest commit, in bytes per second: stores that copy objects on commit take minutes for some gigabytes. */
const COMMIT_BYTES_PER_SECOND = 10_000_000;

/** How long the response that commits a blob may take, in milliseconds: it grows with the size of the blob, by whole seconds. */
export function commitTimeoutMs({ commitMs }: TransferTimeouts, bytes: number): number {
  return commitMs + 1_000 * Math.ceil(bytes / COMMIT_BYTES_PER_SECOND);
}
