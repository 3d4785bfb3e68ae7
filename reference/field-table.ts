import { FIELD_TEXTS } from "./field-texts.ts";
import type { Field } from "./fields.ts";

/** The table of the reference page: all fields with a text, in the order of the texts. */
export function fieldTable(fields: readonly Field[]): string {
  const rows = Object.entries(FIELD_TEXTS).flatMap(([path, { meaning, otherwise }]) => {
    const field = fields.find((each) => each.path === path);
    return field === undefined ? [] : [`| \`${path}\` | ${meaning} | ${otherwise ?? defaultOf(field)} |`];
  });
  return ["| field | meaning | default |", "|---|---|---|", ...rows].join("\n");
}

function defaultOf({ isRequired, default: value }: Field): string {
  if (value === undefined) return isRequired ? "required" : "none";
  if (typeof value === "number") return String(value);
  return `\`${typeof value === "string" ? value : spaced(JSON.stringify(value))}\``;
}

function spaced(json: string): string {
  return json.replaceAll(/(?<=":|,(?="))/g, " ");
}
