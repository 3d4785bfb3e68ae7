import { z } from "zod";

/** What copies took in one process, in figures that depend neither on the hour nor on the machine. */
export const workSchema = z.object({
  /** Calls of functions: ours, those of packages, and those of Node's own modules. */
  calls: z.number(),
  /** Memory allocated on V8's heap. */
  heapBytes: z.number(),
});
export type Work = z.infer<typeof workSchema>;
