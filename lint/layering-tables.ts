import { LAYERS } from "./layers.ts";
import type { Layer } from "./layer.ts";

/** The tables of CONTRIBUTING.md: all layers, then the rooms of each layer that has rooms. */
export function layeringTables(): string {
  const layers = LAYERS.map(({ folder, holds, imports, packages }) =>
    row(code(folder), holds, listed([...imports, ...packages])),
  );
  return [
    table(["folder", "holds", "may import"], layers),
    ...LAYERS.filter((layer) => layer.rooms !== undefined).map(roomsTable),
  ].join("\n\n");
}

function roomsTable({ folder, rooms = {} }: Layer): string {
  const rows = Object.entries(rooms).map(([name, room]) =>
    row(code(name === "." ? `${folder}/` : `${name}/`), room.holds, listed(room.rooms)),
  );
  return table([`in ${code(folder)}`, "holds", "may import of it"], rows);
}

function table(head: readonly string[], rows: readonly string[]): string {
  return [row(...head), `|${head.map(() => "---").join("|")}|`, ...rows].join("\n");
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "nothing" : names.map(code).join(", ");
}

function code(text: string): string {
  return `\`${text}\``;
}
