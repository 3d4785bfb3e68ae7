import { z } from "@hono/zod-openapi";
import { describeOutcome } from "../../replication/outcome/outcome.ts";
import type { Receipt as WrittenReceipt } from "../../replication/outcome/receipt.ts";

/** How one request ended. Times are epoch milliseconds. */
export const Receipt = z
  .object({
    id: z.string(),
    outcome: z.string().openapi({ description: "`replicated`, `failed: target-denied`." }),
    destination: z.string().optional(),
    repository: z.string().optional(),
    reference: z.string().optional(),
    pushedAt: z.number().optional(),
    acceptedAt: z.number().optional(),
    endedAt: z.number(),
    digest: z.string().optional(),
    sourceDigest: z.string().optional(),
    platforms: z.string().optional(),
    bytesUploaded: z.number().optional(),
    leftOut: z.string().optional(),
    conflict: z.string().optional(),
    error: z.string().optional(),
    rule: z.string().optional(),
    configuration: z.string().optional(),
    traceparent: z.string(),
  })
  .openapi("Receipt");
export type Receipt = z.infer<typeof Receipt>;

export function receiptOf(written: WrittenReceipt): Receipt {
  // The schema leaves out what the API does not have.
  return Receipt.parse({ ...written, outcome: describeOutcome(written) });
}
