import * as z from "zod";
import type { FileBlob, FileManifest, PlannedCopy } from "./plan-line.ts";

const count = z.int().nonnegative();

/** What carrying out a plan takes at one destination. */
export const PlanTotals = z.object({
  copies: count,
  deletes: count,
  blobs: count,
  manifests: count,
  /** Bytes of blobs that are sent. */
  bytes: count,
  /** Bytes that are sent in addition if the registry grants no mounts. */
  mountBytes: count,
  /** Requests to the source's and to the destination's registry. */
  requests: z.object({ source: count, target: count }),
});
export type PlanTotals = z.infer<typeof PlanTotals>;

export function emptyTotals(): PlanTotals {
  const requests = { source: 0, target: 0 };
  return { copies: 0, deletes: 0, blobs: 0, manifests: 0, bytes: 0, mountBytes: 0, requests };
}

const bytesOf = (blobs: readonly FileBlob[]): number => blobs.reduce((sum, { size }) => sum + size, 0);
const isDigestPut = ({ digest, reference }: FileManifest): boolean => digest === reference;

/** Requests for a blob that is sent: the session, and the bytes. */
const PER_SEND = 2;

/**
 * Adds a line, with the requests that `apply` sends for it: a look at each tag, every manifest and blob read once, and what is written. Where a
 * registry redirects a read to its storage, that request is not counted. @param attached digests of manifests with a subject, which are put by their digest first.
 */
export function addCopy(totals: PlanTotals, { blobs, manifests }: PlannedCopy, attached: ReadonlySet<string>): void {
  const first = blobs.filter(({ again }) => again !== true);
  const sent = first.filter(({ how }) => how === "send");
  const mounted = first.filter(({ how }) => how === "mount");
  const shared = first.filter(({ how }) => how === "shared");
  const read = new Set(manifests.flatMap(({ digest, bytes }) => (bytes === undefined ? [digest] : [])));
  const puts = manifests.filter(({ again }) => again !== true);
  const twice = puts.filter((each) => !isDigestPut(each) && attached.has(each.digest));
  totals.copies++;
  totals.blobs += sent.length;
  totals.manifests += puts.length;
  totals.bytes += bytesOf(sent);
  totals.mountBytes += bytesOf(mounted);
  totals.requests.source += 1 + read.size + sent.length;
  totals.requests.target += 1 + sent.length * PER_SEND + shared.length + mounted.length + puts.length + twice.length;
}
