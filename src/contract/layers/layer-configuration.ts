import { fieldPath } from "../../oci/json/field-path.ts";

/** Where values come from; a later layer overrides an earlier one. */
export const LAYERS = ["defaults", "file", "external", "flags", "environment"] as const;
export type LayerName = (typeof LAYERS)[number];

/** A part of a configuration. */
export interface Layer {
  readonly name: LayerName;
  readonly document: unknown;
}

/** Where a value comes from: the layer, and the field in that layer's own document. */
export interface Origin {
  readonly layer: LayerName;
  readonly field: string;
}

export interface LayeredDocument {
  readonly document: unknown;
  /** By field of the document, such as `retries.preset`. A list that is replaced as a whole has one origin, and so has each of {@link WHOLE}. */
  readonly origins: ReadonlyMap<string, Origin>;
}

/** Lists whose entries have unique names: an entry overrides the entry of its name. Every other list replaces the one below it. */
const NAMED_LISTS = new Set(["destinations", "reconcile.schedules"]);
/** Objects of which one form excludes the other: merged, they would have both. */
const WHOLE = /^(?:destinations\[\d+\]\.circuit\.window|reconcile\.backfill)$/;

type Path = readonly PropertyKey[];
/** A value of a layer, and its place in the layer's document. */
interface Written {
  readonly layer: LayerName;
  readonly value: unknown;
  readonly path: Path;
}

/** Merges layers, whatever their order, and records where each value comes from. Pure: checks nothing. */
export function layerConfiguration(layers: readonly Layer[]): LayeredDocument {
  const origins = new Map<string, Origin>();
  const ordered = layers.toSorted((a, b) => LAYERS.indexOf(a.name) - LAYERS.indexOf(b.name));
  let document: unknown;
  for (const { name, document: value } of ordered) {
    document = merge(document, { layer: name, value, path: [] }, [], origins);
  }
  return { document, origins };
}

/** The origin of a value: its own, or that of the list or object that it is a part of. */
export function originOf(origins: LayeredDocument["origins"], field: string): Origin | undefined {
  let part = field;
  while (part !== "") {
    const found = origins.get(part);
    if (found !== undefined) return { layer: found.layer, field: `${found.field}${field.slice(part.length)}` };
    part = part.slice(0, Math.max(part.lastIndexOf("."), part.lastIndexOf("["), 0));
  }
  return undefined;
}

function merge(below: unknown, above: Written, path: Path, origins: Map<string, Origin>): unknown {
  const { value } = above;
  if (value === undefined) return below;
  const field = fieldPath(path);
  if (NAMED_LISTS.has(field) && Array.isArray(value)) {
    return mergeNamed(Array.isArray(below) ? below : [], { ...above, value }, path, origins);
  }
  if (!isRecord(value) || WHOLE.test(field)) return replace(above, field, origins);
  const under = isRecord(below) ? below : {};
  if (!isRecord(below)) forget(field, origins);
  // An object without a field of its own still comes from somewhere.
  if (!isRecord(below) && Object.keys(value).length === 0 && field !== "") replace(above, field, origins);
  const entries = Object.entries(value).map(([key, child]) => {
    const written = { ...above, value: child, path: [...above.path, key] };
    return [key, merge(Object.hasOwn(under, key) ? under[key] : undefined, written, [...path, key], origins)] as const;
  });
  return Object.fromEntries([...Object.entries(under), ...entries]);
}

/** An entry without a counterpart is appended. So is the second one of a name: the schema then refuses it. */
function mergeNamed(
  below: readonly unknown[],
  { value, ...above }: Written & { readonly value: readonly unknown[] },
  path: Path,
  origins: Map<string, Origin>,
): unknown[] {
  const merged = [...below];
  const taken = new Set<number>();
  for (const [index, entry] of value.entries()) {
    const known = below.findIndex(
      (each, at) => !taken.has(at) && nameOf(each) !== undefined && nameOf(each) === nameOf(entry),
    );
    const at = known === -1 ? merged.length : known;
    taken.add(at);
    merged[at] = merge(merged[at], { ...above, value: entry, path: [...above.path, index] }, [...path, at], origins);
  }
  return merged;
}

function replace({ layer, value, path }: Written, field: string, origins: Map<string, Origin>): unknown {
  forget(field, origins);
  origins.set(field, { layer, field: fieldPath(path) });
  return value;
}

/** Removes the origins of a value and of its parts. */
function forget(field: string, origins: Map<string, Origin>): void {
  for (const known of origins.keys()) {
    if (known === field || known.startsWith(`${field}.`) || known.startsWith(`${field}[`)) origins.delete(known);
  }
}

function nameOf(entry: unknown): unknown {
  return isRecord(entry) && typeof entry["name"] === "string" ? entry["name"] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
