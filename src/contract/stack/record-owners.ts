import type { FunctionName } from "./names.ts";

/** The kinds of records in the state table; a record's partition key is `KIND#key`. */
export type RecordKind =
  | "TAG"
  | "CONTENT"
  | "CIRCUIT"
  | "RATE"
  | "INTAKE"
  | "RECONCILE"
  | "NOTICE"
  | "EVENT"
  | "MESSAGE";

/**
 * Which function may read and write which records: those it has a part in, and no others. Receipts are in the partition of
 * their tag, event or message. Each function's role allows exactly what stands here.
 */
export const RECORDS_OF: Readonly<Record<FunctionName, readonly RecordKind[]>> = {
  /** Receipts of events that ask for no copy. */
  "fan-out": ["EVENT"],
  /** Receipts of messages that name no tag are their own. */
  copy: ["TAG", "CONTENT", "CIRCUIT", "RATE", "MESSAGE"],
  /** Circuits it closes, queues it pauses, and its own requests take turns like all others. */
  probe: ["CIRCUIT", "INTAKE", "RATE"],
  /** Tags it marks as asked for, how far it came, queues that were forgotten; its listings take turns, too. */
  reconcile: ["TAG", "RECONCILE", "INTAKE", "CIRCUIT", "RATE"],
  notify: ["NOTICE"],
};
