import type { FunctionName } from "./names.ts";

/**
 * The kinds of records in the state table. A record's partition key is `KIND#key`, so a name stays as it is: INTAKE holds the
 * queue pauses, PAUSE the paused repositories, NOTICE what channels were told, DIGEST what a channel with a digest has collected.
 */
export type RecordKind =
  | "TAG"
  | "CONTENT"
  | "BUDGET"
  | "CIRCUIT"
  | "RATE"
  | "INTAKE"
  | "PAUSE"
  | "RECONCILE"
  | "BACKFILL"
  | "NOTICE"
  | "DIGEST"
  | "PENDING"
  | "IMAGE"
  | "DELETION"
  | "EVENT"
  | "MESSAGE"
  | "SEAL"
  | "CANARY"
  | "JOBS"
  | "RUNS"
  | "INSPECTION"
  | "CONFIGURATION";

/**
 * The kinds of records that each function may read and write. Receipts are in the partition of their tag, event or message. Each
 * function's role allows exactly these. CONFIGURATION: the last good external document.
 */
export const RECORDS_OF: Readonly<Record<FunctionName, readonly RecordKind[]>> = {
  /** EVENT: receipts of events that request no copy. DELETION: tombstones of deleted tags. PENDING: accepted pushes. */
  "fan-out": ["EVENT", "DELETION", "PENDING", "CONFIGURATION"],
  /** MESSAGE: receipts of messages that name no tag. IMAGE: it names the records of an image. */
  copy: ["TAG", "CONTENT", "BUDGET", "CIRCUIT", "RATE", "MESSAGE", "IMAGE", "CONFIGURATION"],
  /** CIRCUIT and INTAKE: it closes circuits and pauses queues. RATE: its requests count towards the shared rate. */
  probe: ["CIRCUIT", "INTAKE", "RATE", "CONFIGURATION"],
  /** TAG: it marks tags as requested. BACKFILL: what it requests of the time before a deployment. INTAKE and CIRCUIT: it resumes queues that stayed paused.
   *  RATE: its listings count, too. DELETION: its tombstones. */
  reconcile: ["TAG", "RECONCILE", "BACKFILL", "INTAKE", "CIRCUIT", "RATE", "DELETION", "CONFIGURATION"],
  notify: ["NOTICE", "DIGEST", "CONFIGURATION"],
  validate: [],
  arrivals: [],
  /** SEAL: heads, envelopes and tips. What it may do with receipts is in `infra/access/seal-access.ts`. */
  seal: ["SEAL"],
  /** CANARY: what was pushed, and what has arrived. RATE: its requests count, too. Which receipts it may read is in `infra/access/canary-access.ts`. */
  canary: ["CANARY", "RATE", "CONFIGURATION"],
  announce: [],
  /** JOBS: what is to be done. RUNS: the leases and the history of jobs. */
  jobs: ["JOBS", "RUNS", "CONFIGURATION"],
  /** INSPECTION: what it has found. RATE: its requests count, too. */
  inspect: ["INSPECTION", "RATE", "CONFIGURATION"],
  /** They read all records; the operators' one writes some (`infra/access/api-access.ts`). */
  api: [],
  "viewer-api": [],
};

/** The kinds of records that a function reads and never writes. PAUSE: only operators pause repositories. */
export const RECORDS_READ_BY: Readonly<Partial<Record<FunctionName, readonly RecordKind[]>>> = {
  copy: ["PAUSE"],
  probe: ["PAUSE"],
  reconcile: ["PAUSE"],
  inspect: ["TAG", "DELETION", "BACKFILL", "JOBS"],
};

/** The kinds of records that a job may remove when they are without a use. */
export const PRUNED_RECORDS: readonly RecordKind[] = ["CIRCUIT", "RATE", "INTAKE", "RECONCILE", "DELETION", "RUNS"];

/** The functions that list, note and end pending pushes. The fan-out function only writes them. */
export const ENDS_PUSHES: readonly FunctionName[] = ["copy", "probe"];

/** The kinds of records whose partitions have receipts. */
export const RECEIPT_OWNERS: readonly RecordKind[] = ["TAG", "EVENT", "MESSAGE"];

/** The attribute of a receipt that waits to be sealed: the name of its chain. */
export const UNSEALED = "unsealed";
/** The index of such receipts. It has no others: DynamoDB indexes only items that have the attribute. */
export const UNSEALED_INDEX = "unsealed";
