import * as z from "zod";

/**
 * A field that a copy carries and does not need: what is not there, null, or of another shape counts as absent. Programs in
 * other languages than Go write null, `{}` and "" for what they leave out, and registries take it. The manifest's own bytes
 * keep what was written.
 */
export function lenientOptional<T>(schema: z.ZodType<T>): z.ZodCatch<z.ZodOptional<z.ZodType<T>>> {
  return schema.optional().catch(undefined);
}

/**
 * A field that is checked when it says something: null, `{}`, `[]`, "" and a descriptor without a digest (Go's zero value)
 * say nothing.
 */
export function optionalUnlessEmpty<T>(schema: z.ZodType<T>): z.ZodType<T | undefined> {
  return z.preprocess((value) => (isEmptyValue(value) ? undefined : value), schema.optional());
}

export function isEmptyValue(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  if (typeof value !== "object") return false;
  return Object.keys(value).length === 0 || ("digest" in value && value.digest === "");
}
