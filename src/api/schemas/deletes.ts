import { z } from "../zod/z.ts";

/** A tag that is to be deleted at a destination. */
export const PendingDelete = z
  .object({
    key: z.string(),
    digest: z.string(),
    dueAt: z.number().openapi({ description: "Epoch milliseconds." }),
    cause: z.string(),
    rule: z.string(),
    heldBack: z.string().optional().openapi({ description: "Why it is not deleted although it is due." }),
  })
  .openapi("PendingDelete");
export type PendingDelete = z.infer<typeof PendingDelete>;

/** What was done with a tag that is to be deleted, or was. */
export const Undeleted = z
  .object({
    key: z.string(),
    kind: z.enum(["kept", "restored", "present"]).openapi({
      description: "Its tombstone is removed; it was deleted and is there again; it is there, and had no tombstone.",
    }),
    digest: z.string(),
  })
  .openapi("Undeleted");
export type Undeleted = z.infer<typeof Undeleted>;
