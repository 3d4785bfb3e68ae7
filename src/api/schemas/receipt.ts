import { z } from "../zod/z.ts";
import { describeGate } from "../../replication/outcome/gate-audit.ts";
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
    gate: z.string().optional().openapi({ description: "What its gate has found." }),
    error: z.string().optional(),
    cancelledBy: z.string().optional().openapi({ description: "The operator who has cancelled the copy." }),
    rule: z.string().optional(),
    configuration: z.string().optional(),
    traceparent: z.string(),
  })
  .openapi("Receipt");
export type Receipt = z.infer<typeof Receipt>;

export function receiptOf(written: WrittenReceipt): Receipt {
  // The schema leaves out what the API does not have.
  const gate = written.gate && describeGate(written.gate);
  return Receipt.parse({ ...written, gate, outcome: describeOutcome(written) });
}
