import type * as z from "zod";
import { Document } from "../contract/configuration/configuration-document.ts";

/** The values of all fields of the document that have a default. Those of destinations and rules are in their own schemas. */
export function defaultDocument(): Readonly<Record<string, unknown>> {
  const fields = Object.entries<z.ZodType>(Document.shape).flatMap(([name, schema]) => {
    const parsed = schema.safeParse(undefined);
    return parsed.success && parsed.data !== undefined ? [[name, parsed.data] as const] : [];
  });
  return Object.fromEntries(fields);
}
