import { z } from "../zod/z.ts";

/** The status of an image at one destination. Times are epoch milliseconds. */
export const ImageStatus = z
  .object({
    destination: z.string(),
    state: z.enum(["PENDING", "REPLICATED", "FAILED", "NOT_TRACKED"]),
    reason: z.string().optional(),
    digest: z.string().optional(),
    replicatedAt: z.number().optional(),
    pendingMs: z.number().optional(),
    record: z.string().optional().openapi({ description: "The key of its tag." }),
  })
  .openapi("ImageStatus");
export type ImageStatus = z.infer<typeof ImageStatus>;
