import { z } from "../zod/z.ts";

/** Entries of a page. */
const MOST = 500;
const USUAL = 100;

/** What a request for a page of a long list says. */
export const PageQuery = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST)
    .default(USUAL)
    .openapi({ description: "Entries of a page, at most." }),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{2,2048}$/)
    .optional()
    .openapi({ description: "Where the page begins: `cursor` of the page before. Without it, the first page." }),
});

/** Where the next page begins, as text that means nothing to the caller. */
export function writeCursor(key: string): string {
  return Buffer.from(key).toString("base64url");
}

/** The key in a cursor. A cursor that `writeCursor` did not give has some other key, and a list begins after it. */
export function readCursor(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : Buffer.from(cursor, "base64url").toString();
}
