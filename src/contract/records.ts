import type { FunctionName } from "./names.ts";

/** The kinds of records in the state table; a record's partition key is `KIND#key`. */
export type RecordKind = "TAG" | "CONTENT" | "CIRCUIT" | "RATE" | "INTAKE" | "RECONCILE" | "NOTICE";

/**
 * Which function may read and write which records: those it has a part in, and no others. Receipts are in the partition of their tag. What stands
 * here is what each function's role allows.
 */
export const RECORDS_OF: Readonly<Record<Exclude<FunctionName, "fan-out">, readonly RecordKind[]>> = {
  copy: ["TAG", "CONTENT", "CIRCUIT", "RATE"],
  /** Circuits it closes, queues it pauses, and its own requests take turns like all others. */
  probe: ["CIRCUIT", "INTAKE", "RATE"],
  /** Tags it marks as asked for, how far it came, queues that were forgotten; its listings take turns, too. */
  reconcile: ["TAG", "RECONCILE", "INTAKE", "CIRCUIT", "RATE"],
  notify: ["NOTICE"],
};
