import { z } from "../zod/z.ts";

/** The API answers. */
export const Health = z
  .object({
    status: z.literal("ok"),
    version: z.string().optional().openapi({ description: "The version of Freightliner that was deployed." }),
  })
  .openapi("Health");
