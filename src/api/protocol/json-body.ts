import type { z } from "@hono/zod-openapi";

/** A response with a JSON body. */
export const jsonBody = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  description,
  content: { "application/json": { schema } },
});
