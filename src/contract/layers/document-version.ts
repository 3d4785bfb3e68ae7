import { digestOf, hexOf } from "../../oci/digest.ts";

/** Digits of a version: enough to tell all documents of a stack apart, and short enough to read aloud. */
const LENGTH = 12;

/** The version of a document: a hash of its JSON text, whatever the order of its fields. */
export function documentVersion(document: unknown): string {
  const text = JSON.stringify(document, (_key, value: unknown) => (isRecord(value) ? sorted(value) : value)) ?? "";
  return hexOf(digestOf(new TextEncoder().encode(text))).slice(0, LENGTH);
}

function sorted(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
