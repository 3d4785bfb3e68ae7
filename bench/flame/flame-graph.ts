import type { CallNode } from "./call-tree.ts";

/** A text above the graph. */
export interface FlameGraphText {
  readonly title: string;
  readonly subtitle: string;
}

const WIDTH = 1_200;
const ROW = 17;
const TOP = 64;
/** Narrower boxes are left out: they cannot be seen, and would be most of the file. */
const LEAST_WIDTH = 1.5;
const LETTER = 6.8;
/** Deeper calls are left out: the loading of modules is a hundred calls deep. */
const MAX_DEPTH = 40;

/** Colours by the owner of the code, with black text on all of them. */
const OWNERS = [
  {
    name: "Freightliner",
    colour: "#f4a259",
    owns: ({ file }: CallNode) => /^(?:src|functions|cli|bench|dist)\//.test(file),
  },
  { name: "undici", colour: "#8cb3d9", owns: ({ file }: CallNode) => file.startsWith("undici") },
  { name: "Node", colour: "#a8d5a2", owns: ({ file }: CallNode) => file.startsWith("node:") },
  { name: "other packages", colour: "#d9c48c", owns: ({ file }: CallNode) => file !== "" },
  { name: "garbage collector", colour: "#d98c8c", owns: ({ name }: CallNode) => name === "(garbage collector)" },
  { name: "V8 and system calls", colour: "#cfcfcf", owns: () => true },
] as const;

/** Draws a call tree as a flame graph: callers above, width is CPU time. Boxes have their name, file and share as a tooltip. */
export function drawFlameGraph(tree: CallNode, { title, subtitle }: FlameGraphText): string {
  const boxes: string[] = [];
  let depthMax = 0;

  function draw(node: CallNode, depth: number, x: number): void {
    const width = (node.totalUs / tree.totalUs) * WIDTH;
    if (width < LEAST_WIDTH || depth > MAX_DEPTH) return;
    depthMax = Math.max(depthMax, depth);
    boxes.push(boxOf(node, { x, y: TOP + depth * ROW, width, share: node.totalUs / tree.totalUs }));
    let at = x;
    for (const child of node.children) {
      draw(child, depth + 1, at);
      at += (child.totalUs / tree.totalUs) * WIDTH;
    }
  }

  draw(tree, 0, 0);
  const height = TOP + (depthMax + 1) * ROW + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="8" y="20" font-size="15">${escape(title)}</text>`,
    `<text x="8" y="38">${escape(subtitle)}</text>`,
    ...OWNERS.map(
      ({ name, colour }, index) =>
        `<rect x="${8 + index * 150}" y="46" width="12" height="12" fill="${colour}"/><text x="${24 + index * 150}" y="56">${name}</text>`,
    ),
    ...boxes,
    "</svg>",
    "",
  ].join("\n");
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly share: number;
}

function boxOf(node: CallNode, { x, y, width, share }: Box): string {
  const colour = OWNERS.find(({ owns }) => owns(node))?.colour;
  const letters = Math.floor((width - 4) / LETTER);
  const label =
    letters < 3 ? "" : `<text x="${round(x + 3)}" y="${y + 12}">${escape(node.name.slice(0, letters))}</text>`;
  const tooltip = escape(`${node.name} ${node.file} ${(share * 100).toFixed(1)} %`);
  return `<g><title>${tooltip}</title><rect x="${round(x)}" y="${y}" width="${round(width)}" height="${ROW - 1}" fill="${colour}"/>${label}</g>`;
}

const round = (value: number): string => value.toFixed(1);

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
