import { z } from "../zod/z.ts";

/** What was checked, and what is wrong with it. */
export const Check = z
  .object({
    about: z.string(),
    /** What was found, and what to do; absent when all is well. */
    problem: z.string().optional(),
    /** What only people know whether it is a problem. It fails nothing. */
    note: z.string().optional(),
  })
  .openapi("Check");
export type Check = z.infer<typeof Check>;
