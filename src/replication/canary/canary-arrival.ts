import type { Receipt } from "../outcome/receipt.ts";
import type { PushedCanary } from "./canary-record.ts";

/** How far the clocks of the source's events and of the function may differ, in milliseconds. Events have whole seconds. */
const CLOCKS_DIFFER_MS = 60_000;

/**
 * Whether a receipt says that the event of this canary's push brought it to the destination. What a comparison copied has no accepted push:
 * a comparison repairs what a lost event left behind, and would hide that events are lost. A push that another request covered
 * (`superseded`) shows only that its event was accepted, and nothing of its queue.
 */
export function isArrivalByEvent(receipt: Receipt, { digest, at }: PushedCanary): boolean {
  const isDone = receipt.outcome === "replicated" || receipt.outcome === "unchanged";
  // A late request of the canary before it finds this one under the tag.
  const isItsEvent = receipt.pushedAt !== undefined && receipt.pushedAt >= at - CLOCKS_DIFFER_MS;
  return isDone && isItsEvent && receipt.acceptedAt !== undefined && receipt.digest === digest;
}
