import { relative } from "node:path/posix";
import { LAYERS, WIRING } from "./layers.ts";
import type { Layer, Room } from "./layer.ts";

/** Depths of the folders inside a layer without rooms. */
const DEPTHS = [0, 1, 2];

interface Override {
  readonly files: readonly string[];
  readonly rules: object;
}

/** The linter's configuration: files may import their own folder and what the table allows, never an `index.ts`. */
export function layeringRules(): { readonly overrides: readonly Override[] } {
  const { files, imports, packages } = WIRING;
  const wires = allowed("functions/x", imports, [...packages, "./*"]);
  return {
    overrides: [
      ...LAYERS.flatMap((layer) =>
        layer.rooms === undefined
          ? wholeLayer(layer)
          : Object.entries(layer.rooms).map(([name, room]) => inRoom(layer, name, room)),
      ),
      override(
        files,
        wires,
        "an index.ts wires one function: it imports its handler, src and SDKs, never another function",
      ),
    ],
  };
}

function wholeLayer({ folder, imports, packages, holds }: Layer): Override[] {
  return DEPTHS.map((depth) => {
    const place = `${folder}${"/*".repeat(depth)}`;
    const own = folder === "functions" ? ["./*"] : ["./**", ...above(depth)];
    const message = sentence(folder, holds, imports, packages);
    return override([`${place}/*.ts`], allowed(place, imports, [...packages, ...own]), message);
  });
}

/** Patterns for all files of a layer, as imported from a folder at this depth. They exclude names that start with a dot, which would lead further up. */
function above(depth: number): string[] {
  return Array.from({ length: depth }, (_, index) => "../".repeat(index + 1)).flatMap((path) => [
    `${path}*`,
    `${path}[!.]*/**`,
  ]);
}

function inRoom({ folder, imports, packages }: Layer, name: string, { holds, rooms }: Room): Override {
  const place = name === "." ? folder : `${folder}/${name}`;
  const others = rooms.map((other) => (other === "." ? folder : `${folder}/${other}`));
  const patterns = allowed(place, imports, [...packages, "./*", ...others.map((other) => `${up(place, other)}/*`)]);
  return override([`${place}/*.ts`], patterns, sentence(place, holds, [...others, ...imports], packages));
}

/** Negated patterns: the linter refuses all other imports. */
function allowed(place: string, imports: readonly string[], more: readonly string[]): string[] {
  return [...imports.map((folder) => `${up(place, folder)}/**`), ...more].map((pattern) => `!${pattern}`);
}

/** The relative path of a folder in an import: "../http", "./auth". */
function up(from: string, to: string): string {
  const path = relative(from, to);
  return path.startsWith(".") ? path : `./${path}`;
}

function sentence(place: string, holds: string, folders: readonly string[], packages: readonly string[]): string {
  return `${place} holds ${holds}. It imports ${["its own files", ...folders, ...packages].join(", ")}`;
}

function override(files: readonly string[], patterns: readonly string[], message: string): Override {
  const group = ["**", ...patterns, "**/index.ts"];
  return { files, rules: { "no-restricted-imports": ["error", { patterns: [{ group, message }] }] } };
}
