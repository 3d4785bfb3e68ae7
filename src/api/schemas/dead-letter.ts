import { z } from "../zod/z.ts";
import { FAILURE_CLASSES } from "../../replication/outcome/failure-class.ts";

/** A request that failed for good. */
export const DeadLetter = z
  .object({
    id: z.string(),
    class: z.enum(FAILURE_CLASSES),
    reason: z.string(),
    error: z.string().openapi({ description: "What happened, and what to do next." }),
    destination: z.string().optional(),
    repository: z.string().optional(),
    reference: z.string().optional(),
    failedAt: z.number().openapi({ description: "Epoch milliseconds." }),
    redriven: z.boolean(),
    excerpt: z.string().optional().openapi({ description: "The beginning of a message that is no request." }),
    problem: z.string().optional().openapi({ description: "Why it was not moved back." }),
  })
  .openapi("DeadLetter");

export type DeadLetter = z.infer<typeof DeadLetter>;

/** All dead letters, or those that were selected. */
export const DeadLetters = z
  .object({
    all: z.int().openapi({ description: "Letters in the queue, those not selected included." }),
    selected: z.array(DeadLetter),
  })
  .openapi("DeadLetters");
export type DeadLetters = z.infer<typeof DeadLetters>;
