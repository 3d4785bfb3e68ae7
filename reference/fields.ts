import { below, objectOf } from "./configuration-schema.ts";
import type { JsonSchema } from "./configuration-schema.ts";

/** A field with a value, as the schema has it. */
export interface Field {
  readonly path: string;
  readonly isRequired: boolean;
  readonly default: unknown;
}

/** The fields with a value, each once. A field of several kinds of destination is required when each of these requires it. */
export function fieldsOf(schema: JsonSchema): readonly Field[] {
  const all = Object.entries(schema.properties ?? {})
    .filter(([name]) => name !== "$schema")
    .flatMap(([name, field]) => fieldsAt(objectOf(field), name, schema.required?.includes(name) === true));
  return [...Map.groupBy(all, ({ path }) => path).values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [{ ...first, isRequired: same.every(({ isRequired }) => isRequired) }];
  });
}

function fieldsAt(schema: JsonSchema, path: string, isRequired: boolean): Field[] {
  const entries = entrySchemas(schema);
  if (entries.length > 0) return entries.flatMap((entry) => fieldsIn(entry, `${path}[]`));
  if (schema.properties !== undefined) return fieldsIn(schema, path);
  const forms = (schema.oneOf ?? []).map(objectOf).filter(({ properties }) => properties !== undefined);
  if (forms.length > 0) return forms.flatMap((form) => fieldsIn(form, path));
  return [{ path, isRequired, default: schema.default }];
}

function fieldsIn({ properties = {}, required = [] }: JsonSchema, path: string): Field[] {
  return Object.entries(properties).flatMap(([name, field]) =>
    fieldsAt(objectOf(field), below(path, name), required.includes(name)),
  );
}

/** The schemas of a list's entries, where these are objects with fields of their own. */
function entrySchemas({ items }: JsonSchema): JsonSchema[] {
  const entry = objectOf(items);
  return [entry, ...(entry.oneOf ?? []).map(objectOf)].filter(({ properties }) => properties !== undefined);
}
