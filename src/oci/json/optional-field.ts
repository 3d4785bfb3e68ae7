import * as z from "zod";

/**
 * A field that a copy does not need: null and values of another shape count as absent. Some programs write null, `{}` or "" for
 * an omitted field, and registries accept that. The bytes of the manifest stay as they are.
 */
export function lenientOptional<T>(schema: z.ZodType<T>): z.ZodCatch<z.ZodOptional<z.ZodType<T>>> {
  return schema.optional().catch(undefined);
}

/**
 * A field that is checked unless it is empty: null, `{}`, `[]`, "" and a descriptor with an empty digest (Go's zero value) count as
 * absent.
 */
export function optionalUnlessEmpty<T>(schema: z.ZodType<T>): z.ZodType<T | undefined> {
  return z.preprocess((value) => (isEmptyValue(value) ? undefined : value), schema.optional());
}

export function isEmptyValue(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  if (typeof value !== "object") return false;
  return Object.keys(value).length === 0 || ("digest" in value && value.digest === "");
}
