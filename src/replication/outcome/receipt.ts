import * as z from "zod";
import { FinalOutcome } from "./outcome.ts";

/** What a request was about, and what it took. An event or a message that cannot be read has an id only. */
const Subject = z.object({
  /** The request's correlation id; the event's or message's own where it holds no request. */
  id: z.string(),
  destination: z.string().optional(),
  repository: z.string().optional(),
  reference: z.string().optional(),
  /** Epoch milliseconds: the push, and the end of the request. */
  pushedAt: z.number().optional(),
  endedAt: z.number(),
  digest: z.string().optional(),
  bytesUploaded: z.number().optional(),
  /** What the source names and the copy did not bring: how many things, and the first of them with their reasons. */
  leftOutCount: z.number().optional(),
  leftOut: z.string().optional(),
  /** Of a request that failed: what was tried, what came of it, what to do next. One line, as in its log line and dead letter. */
  error: z.string().optional(),
  /** W3C trace context. */
  traceparent: z.string(),
});

/** How one request ended: written once, before its message is deleted. Beside the tag record, which only knows the present. */
export const Receipt = z.intersection(Subject, FinalOutcome);
export type Receipt = z.infer<typeof Receipt>;

/** What a receipt is kept with: the tag's record, or the event or message that named none. */
export type ReceiptOf =
  | { readonly kind: "tag"; readonly key: string }
  | { readonly kind: "event" | "message"; readonly id: string };

/** The history of all tags. */
export interface Receipts {
  /**
   * Writes a receipt under a key made of what it is about (the tag, event or message, the push, the request), so that a
   * repeated write is the same write: the first one stays. @throws {StoreError} when that is not possible, or the signal's reason; then the request has not ended.
   */
  write(about: ReceiptOf, receipt: Receipt, signal: AbortSignal): Promise<"written" | "known">;
}
