import type { z } from "../zod/z.ts";

/** A response with a JSON body. */
export const jsonBody = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  description,
  content: { "application/json": { schema } },
});
