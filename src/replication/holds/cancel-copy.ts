import type { Digest } from "../../oci/digest.ts";
import type { Change } from "../state/record-store.ts";
import type { TagRecord } from "../state/tag-record.ts";

/** Who cancels a copy, and when; epoch milliseconds. */
export interface CancelCopy {
  readonly by: string;
  readonly at: number;
  /** The copy that the operator has seen: the fence of its lease. Absent: whichever there is. */
  readonly copy?: number | undefined;
}

export type CancelResult =
  /** It ends with its next heartbeat, or with its next delivery. */
  | "cancelled"
  /** Someone has cancelled it before. */
  | "already"
  /** No copy of the tag runs, and none waits to be tried again. */
  | "nothing"
  /** Another copy has begun since the operator looked. */
  | "another";

/** Cancels the copy of a tag that runs, or waits to be tried again. It ends where it reads the record. */
export function cancelCopy(
  record: TagRecord | undefined,
  { by, at, copy }: CancelCopy,
): Change<TagRecord, CancelResult> {
  if (record === undefined || !isOpen(record)) return { answer: "nothing" };
  if (copy !== undefined && copy !== record.fence) return { answer: "another" };
  const { cancel, wantedAt, image: digest } = record;
  const isAbout = cancel?.digest === undefined || digest === undefined || cancel.digest === digest;
  if (cancel !== undefined && isAbout && cancel.wantedAt >= wantedAt) return { answer: "already" };
  const next = { by, at, wantedAt, ...(digest === undefined ? {} : { digest }) };
  return { next: { ...record, cancel: next }, answer: "cancelled" };
}

/** A copy runs, its process was killed, or its message waits in the queue. */
function isOpen({ lease, last, wantedAt }: TagRecord): boolean {
  if (lease !== undefined || last?.outcome === "deferred") return true;
  return last === undefined && wantedAt > 0;
}

/** How far the times of a source and of AWS differ, in milliseconds. */
const CLOCKS_DIFFER_MS = 2_000;

/** True for an image whose copy was cancelled, unless it was pushed since then. @param image `changedAt` is when the source got it. */
export function isCancelledImage(
  { digest, changedAt }: { readonly digest: Digest; readonly changedAt: number },
  { cancel }: TagRecord,
): boolean {
  if (cancel === undefined || changedAt > cancel.at + CLOCKS_DIFFER_MS) return false;
  return cancel.digest === undefined || cancel.digest === digest;
}
