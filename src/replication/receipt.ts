import * as z from "zod";

/** How one request ended: written once, before its message is deleted. Beside the tag record, which only knows the present. */
export const Receipt = z.object({
  /** The request's correlation id. */
  id: z.string(),
  destination: z.string(),
  repository: z.string(),
  reference: z.string(),
  /** Epoch milliseconds: the push, and the end of the request. */
  pushedAt: z.number(),
  endedAt: z.number(),
  outcome: z.enum(["replicated", "unchanged", "superseded", "skipped", "failed"]),
  reason: z.string().optional(),
  digest: z.string().optional(),
  bytesUploaded: z.number().optional(),
  /** W3C trace context. */
  traceparent: z.string(),
});
export type Receipt = z.infer<typeof Receipt>;

/** The history of all tags. */
export interface Receipts {
  /**
   * Writes a receipt under a key made of what it is about (the tag record's key, the push, the request), so that a
   * repeated write is the same write: the first one stays. @throws {StoreError} when that is not possible; then the request has not ended.
   */
  write(record: string, receipt: Receipt): Promise<"written" | "known">;
}
