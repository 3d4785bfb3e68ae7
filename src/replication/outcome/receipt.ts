import * as z from "zod";
import { GateAudit } from "./gate-audit.ts";
import { DeleteOutcome, FinalOutcome } from "./outcome.ts";

/** The request, and what it sent. An event or message that cannot be parsed has only an id. */
const Subject = z.object({
  /** Correlation id of the request; without a request, the id of the event or message. */
  id: z.string(),
  destination: z.string().optional(),
  repository: z.string().optional(),
  reference: z.string().optional(),
  /** Epoch milliseconds: the push, and the end of the request. */
  pushedAt: z.number().optional(),
  endedAt: z.number(),
  /** Of an accepted push: when it was accepted, and when its time began to count; epoch milliseconds. */
  acceptedAt: z.number().optional(),
  countsFrom: z.number().optional(),
  /** What the target has under the tag. */
  digest: z.string().optional(),
  /** What the source has, and the platforms of it that were copied: only if these are not all. */
  sourceDigest: z.string().optional(),
  platforms: z.string().optional(),
  bytesUploaded: z.number().optional(),
  /** Bytes that a pre-copy had sent. */
  bytesPreCopied: z.number().optional(),
  /** Content that the copy left out: the number of entries, and the first ones with their reasons. */
  leftOutCount: z.number().optional(),
  leftOut: z.string().optional(),
  /** What the target's tag named although Freightliner had not put it there, and what was done: one line. */
  conflict: z.string().optional(),
  /** The error of a failed request, and what to do next: one line, the same as in its log line and dead letter. */
  error: z.string().optional(),
  /** Version of the configuration that decided. */
  configuration: z.string().optional(),
  /** The operator who has cancelled the copy. */
  cancelledBy: z.string().optional(),
  /** The rule that decided, by its name. */
  rule: z.string().optional(),
  /** What the gate of the rule found out, where it was asked. */
  gate: GateAudit.optional(),
  /** W3C trace context. */
  traceparent: z.string(),
});

/** How one request or tombstone ended; of a tombstone, `pushedAt` is when it was written. Written once, before its message is deleted. The tag record keeps only the latest outcome. */
export const Receipt = z.intersection(Subject, z.union([FinalOutcome, DeleteOutcome]));
export type Receipt = z.infer<typeof Receipt>;

/** What a receipt is about: a tag, or an event or message that names none. */
export type ReceiptOf =
  | { readonly kind: "tag"; readonly key: string }
  | { readonly kind: "event" | "message"; readonly id: string };

/** The history of all tags. */
export interface Receipts {
  /**
   * Writes a receipt under a key that identifies the request, so that repeated writes keep the first one. @returns the receipt that is kept.
   * @throws {StoreError} when the store is unavailable. @throws the signal's reason. In both cases the request has not ended.
   */
  write(about: ReceiptOf, receipt: Receipt, signal: AbortSignal): Promise<Receipt>;
}

/** The chain of receipts that name no destination: of events that request no copy. No destination has this name. */
export const NO_DESTINATION = "-";

/** The chain that a receipt becomes a part of: there is one for each destination. */
export function chainOf({ destination }: Pick<Receipt, "destination">): string {
  return destination ?? NO_DESTINATION;
}
