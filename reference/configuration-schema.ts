import * as z from "zod";
import { destinationSchema, Document } from "../src/contract/configuration/configuration-document.ts";
import { destinationKinds, sourceKinds } from "../src/contract/providers/providers.ts";
import { sourceSchema } from "../src/contract/source/source-document.ts";
import { FIELD_TEXTS } from "./field-texts.ts";
import { GROUP_TEXTS } from "./group-texts.ts";

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/**
 * The JSON Schema of a configuration file, for editors. It knows fields, types and limits; what one field demands of another one is checked
 * by `freightliner config validate` and by the deployment.
 */
export function configurationSchema(): JsonSchema {
  const { properties = {}, ...document } = toJsonSchema(Document);
  const schema = {
    title: "Configuration of Freightliner",
    ...document,
    properties: {
      $schema: { type: "string" as const },
      ...properties,
      source: { type: "object" as const, oneOf: sourceKinds().map(sourceOfKind) },
      destinations: { ...objectOf(properties["destinations"]), items: { oneOf: destinationKinds().map(ofKind) } },
    },
  };
  return described(schema, "");
}

function toJsonSchema(schema: z.ZodType): JsonSchema {
  // The document as it is written: fields with a default may be omitted.
  return z.toJSONSchema(schema, { io: "input" });
}

/** With a host of ECR's own form, account and region may be omitted. */
function sourceOfKind(kind: string): JsonSchema {
  const { $schema: _draft, required, ...rest } = toJsonSchema(sourceSchema(kind));
  const schema = { title: kind, ...rest };
  if (kind !== "ecr") return { ...schema, required: required ?? [] };
  return { ...schema, anyOf: [{ required: required ?? [] }, { required: ["registry"] }] };
}

function ofKind(kind: string): JsonSchema {
  const { $schema: _draft, ...schema } = toJsonSchema(destinationSchema(kind));
  return { title: kind, ...schema };
}

/** The schema with the texts of its fields. */
function described(schema: JsonSchema, path: string): JsonSchema {
  const text = FIELD_TEXTS[path]?.meaning ?? GROUP_TEXTS[path];
  const { properties, items, oneOf } = schema;
  return {
    ...schema,
    ...(text === undefined ? {} : { description: plain(text) }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, field]) => [name, described(objectOf(field), below(path, name))]),
          ),
        }),
    ...(oneOf === undefined ? {} : { oneOf: oneOf.map((each) => described(objectOf(each), path)) }),
    ...(items === undefined ? {} : { items: described(objectOf(items), `${path}[]`) }),
  };
}

export function below(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** A schema that is always true or false has no fields. */
export function objectOf(schema: JsonSchema["items"]): JsonSchema {
  return typeof schema === "object" && !Array.isArray(schema) ? schema : {};
}

/** Markdown without links, which no editor could follow. */
function plain(text: string): string {
  return text.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1");
}
