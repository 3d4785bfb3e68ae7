import * as z from "zod";
import { reloadablePlacement, Document } from "../contract/configuration/configuration-document.ts";
import { didYouMean } from "../contract/configuration/did-you-mean.ts";
import { ConfigurationError } from "../contract/configuration/configuration.ts";

/** A field with a single value, which a flag or a variable may set. */
export interface SingleValue {
  /** Its name, such as `destinations.europe.requestsPerSecond`: a destination is named, not numbered. */
  readonly name: string;
  /** Its environment variable, such as `FREIGHTLINER_DESTINATIONS_EUROPE_REQUESTS_PER_SECOND`. */
  readonly variable: string;
  readonly path: readonly string[];
  readonly isText: boolean;
}

const PREFIX = "FREIGHTLINER_";
/** What the stack is made of: a reload cannot change it, and neither can a flag or a variable. */
const DEPLOYED = new Set(["version", "source", "destinations", "rules", "longLane", "stack"]);

/** All fields with a single value, for the destinations of these names. */
export function singleValues(destinations: readonly string[]): readonly SingleValue[] {
  const own = Object.entries(Document.shape)
    .filter(([name]) => !DEPLOYED.has(name))
    .flatMap(([name, schema]) => leavesOf(schema, [name]));
  const ofDestinations = destinations.flatMap((name) => leavesOf(reloadablePlacement, ["destinations", name]));
  return [...own, ...ofDestinations];
}

function leavesOf(schema: unknown, path: readonly string[]): SingleValue[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return leavesOf(schema.unwrap(), path);
  }
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => leavesOf(option, path));
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([name, field]) => leavesOf(field, [...path, name]));
  }
  if (schema instanceof z.ZodRecord && schema.keyType instanceof z.ZodEnum) {
    const { valueType } = schema;
    return schema.keyType.options.flatMap((name) => leavesOf(valueType, [...path, String(name)]));
  }
  const isText = schema instanceof z.ZodString || schema instanceof z.ZodEnum;
  if (!isText && !(schema instanceof z.ZodNumber) && !(schema instanceof z.ZodBoolean)) return [];
  return [{ name: path.join("."), variable: variableOf(path), path, isText }];
}

/** `["reconcile", "everyMinutes"]` as `FREIGHTLINER_RECONCILE_EVERY_MINUTES`. */
function variableOf(path: readonly string[]): string {
  return (
    PREFIX +
    path
      .map((key) =>
        key
          .replaceAll("-", "_")
          .replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_")
          .toUpperCase(),
      )
      .join("_")
  );
}

/**
 * The document of the variables `FREIGHTLINER_*` that name a field.
 * @param others the other variables with this prefix that the process reads.
 * @throws {ConfigurationError} for a variable that names neither: it would be ignored silently.
 */
export function environmentDocument(
  variables: Readonly<Record<string, string | undefined>>,
  destinations: readonly string[],
  others: readonly string[],
): unknown {
  const values = singleValues(destinations);
  const given = Object.entries(variables).filter(([name, text]) => name.startsWith(PREFIX) && text !== undefined);
  const unknown = given
    .map(([name]) => name)
    .filter((name) => !others.includes(name) && !values.some(({ variable }) => variable === name));
  refuseUnknown(
    unknown,
    values.map(({ variable }) => variable),
  );
  return documentOf(values.map((value) => [value, variables[value.variable]]));
}

/**
 * The document of flags, `retries.preset=off`.
 * @throws {ConfigurationError} for a flag that names no field with a single value.
 */
export function flagsDocument(flags: readonly string[], destinations: readonly string[]): unknown {
  const values = singleValues(destinations);
  const given = new Map(flags.map((flag) => [flag.split("=", 1)[0] ?? "", flag.slice(flag.indexOf("=") + 1)]));
  const names = values.map(({ name }) => name);
  refuseUnknown(
    [...given.keys()].filter((name) => !names.includes(name)),
    names,
    "--set ",
  );
  return documentOf(values.map((value) => [value, given.get(value.name)]));
}

function refuseUnknown(unknown: readonly string[], known: readonly string[], before = ""): void {
  if (unknown.length === 0) return;
  throw new ConfigurationError(
    unknown.map((name) => {
      const meant = didYouMean(name, known);
      return `${before}${name}: names no field with a single value that may change without a deployment${meant === undefined ? "" : `; did you mean ${meant}?`}`;
    }),
  );
}

/** Objects of the values that are given. A destination becomes the entry of its name. */
function documentOf(given: readonly (readonly [SingleValue, string | undefined])[]): unknown {
  const entries = given.flatMap(([{ path, isText }, text]) =>
    text === undefined ? [] : [{ path, value: isText ? text : valueOf(text) }],
  );
  const tree = treeOf(entries);
  const { destinations, ...rest } = tree;
  if (!isTree(destinations)) return tree;
  return {
    ...rest,
    destinations: Object.entries(destinations).map(([name, fields]) => ({ name, ...(isTree(fields) ? fields : {}) })),
  };
}

interface Tree {
  readonly [key: string]: unknown;
}

function treeOf(entries: readonly { readonly path: readonly string[]; readonly value: unknown }[]): Tree {
  const byKey = Map.groupBy(entries, ({ path: [key = ""] }) => key);
  return Object.fromEntries(
    [...byKey].map(([key, below]) => {
      const leaf = below.find(({ path }) => path.length === 1);
      return [
        key,
        leaf === undefined ? treeOf(below.map(({ path, value }) => ({ path: path.slice(1), value }))) : leaf.value,
      ];
    }),
  );
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null;
}

/** A number or a boolean; any other text as it is, for the schema to refuse. */
function valueOf(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return text.trim() === "" || Number.isNaN(number) ? text : number;
}
