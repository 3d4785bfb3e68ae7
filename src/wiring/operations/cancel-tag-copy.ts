import { cancelCopy } from "../../replication/holds/cancel-copy.ts";
import type { CancelCopy, CancelResult } from "../../replication/holds/cancel-copy.ts";
import type { Operations } from "./open-operations.ts";

/** Cancels the copy of one tag at one destination, by the key of its record: it ends with its next heartbeat or delivery. */
export function cancelTagCopy(
  key: string,
  { by, copy }: Pick<CancelCopy, "by" | "copy">,
  { stores, signal, awsTime }: Pick<Operations, "stores" | "signal" | "awsTime">,
): Promise<CancelResult> {
  return stores.tags.update(key, (record) => cancelCopy(record, { by, copy, at: awsTime() }), signal);
}
