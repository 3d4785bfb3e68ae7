import { destinationSchema } from "../contract/configuration/configuration-document.ts";
import { readDocument } from "../contract/configuration/configuration.ts";
import { sourceSchema } from "../contract/source/source-document.ts";
import { originOf } from "../contract/layers/layer-configuration.ts";
import type { LayeredDocument, LayerName } from "../contract/layers/layer-configuration.ts";
import { fieldPath } from "../oci/json/field-path.ts";

/** A value in force, and where it comes from. */
export interface EffectiveValue {
  /** Such as `rules[0].tags`. */
  readonly field: string;
  readonly value: unknown;
  readonly layer: LayerName;
}

/** Lists of objects, each with fields of its own; other lists are one value. */
const LISTS = new Set(["destinations", "rules", "reconcile.schedules"]);

/** All values of a valid document, with the defaults of what it omits. @throws {ConfigurationError} for another one. */
export function effectiveValues({ document, origins }: LayeredDocument): readonly EffectiveValue[] {
  const { source, destinations, ...rest } = readDocument(document);
  const written = isRecord(document) && Array.isArray(document["destinations"]) ? document["destinations"] : [];
  const { account, region, kind } = source;
  const writtenSource = valueAt(document, "source");
  const all = {
    ...rest,
    // The host of an ECR registry may stand for account and region.
    source: sourceSchema(kind).parse({ account, region, ...(isRecord(writtenSource) ? writtenSource : {}) }),
    destinations: destinations.map(({ kind }, index): unknown => destinationSchema(kind).parse(written[index])),
  };
  return leavesOf(all, []).map(({ path, value }) => {
    const field = fieldPath(path);
    const isWritten = path.reduce<unknown>((part, key) => valueAt(part, key), document) !== undefined;
    return { field, value, layer: isWritten ? (originOf(origins, field)?.layer ?? "defaults") : "defaults" };
  });
}

interface Leaf {
  readonly path: readonly PropertyKey[];
  readonly value: unknown;
}

function leavesOf(value: unknown, path: readonly PropertyKey[]): Leaf[] {
  if (value === undefined) return [];
  const isList = Array.isArray(value) && LISTS.has(fieldPath(path));
  if (isList) return value.flatMap((entry, index) => leavesOf(entry, [...path, index]));
  const fields = isRecord(value) ? Object.entries(value) : [];
  if (fields.length === 0) return [{ path, value }];
  return fields.flatMap(([key, field]) => leavesOf(field, [...path, key]));
}

function valueAt(value: unknown, key: PropertyKey): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return isRecord(value) ? value[String(key)] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
