import type { DeleteOutcome } from "../outcome/outcome.ts";
import type { Receipt, ReceiptOf } from "../outcome/receipt.ts";
import { tagKey } from "../state/tag-record.ts";
import type { RepositoryTarget } from "../reconcile/repository-target.ts";
import type { Tombstone } from "./deletion-record.ts";

/** How a tombstone ended. */
export interface EndedTombstone {
  readonly tombstone: Pick<Tombstone, "tag" | "digest" | "seenAt" | "rule">;
  readonly place: Pick<RepositoryTarget, "repository" | "destination" | "scope">;
  readonly outcome: DeleteOutcome;
  /** Version of the configuration that decided. */
  readonly configuration: string;
  /** Epoch milliseconds. */
  readonly endedAt: number;
}

/** The receipt of a tombstone. Its id is that of the tombstone and its end, so that each has one receipt, whatever wrote it. */
export function deletionReceipt(
  { tombstone, place, outcome, configuration, endedAt }: EndedTombstone,
  traceparentOf: (id: string) => string,
): { readonly about: ReceiptOf; readonly receipt: Receipt } {
  const { tag, digest, seenAt, rule } = tombstone;
  const { repository, destination, scope } = place;
  const id = `delete-${new Date(seenAt).toISOString()}-${outcome.reason}`;
  const subject = { destination, repository, reference: tag, digest, rule, configuration };
  const times = { pushedAt: seenAt, endedAt, traceparent: traceparentOf(id) };
  return { about: { kind: "tag", key: tagKey(scope, tag) }, receipt: { id, ...subject, ...times, ...outcome } };
}
