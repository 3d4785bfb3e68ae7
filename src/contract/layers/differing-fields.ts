import { fieldPath } from "../../oci/json/field-path.ts";

/** The fields in which two documents differ. A list with another length or order is one field. */
export function differingFields(before: unknown, after: unknown, path: readonly PropertyKey[] = []): string[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => differingFields(before[key], after[key], [...path, key]));
  }
  if (isNamedList(before) && isNamedList(after) && isContinued(before, after)) {
    return after.flatMap((entry, index) => differingFields(before[index], entry, [...path, index]));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [fieldPath(path)];
}

interface Named {
  readonly [field: string]: unknown;
  readonly name: unknown;
}

/** A list of entries with names, which stay where they are when another layer changes them. */
function isNamedList(value: unknown): value is readonly Named[] {
  return Array.isArray(value) && value.length > 0 && value.every((entry) => isRecord(entry) && "name" in entry);
}

/** The entries are where they were, and others may follow. Otherwise an entry is gone, or has moved: then the list is one field. */
function isContinued(before: readonly Named[], after: readonly Named[]): boolean {
  return before.every(({ name }, index) => after[index]?.name === name);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
