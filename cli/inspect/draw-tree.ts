import { counted, formatBytes } from "../terminal/format.ts";
import type { Content } from "./content-tree.ts";

/** Draws a tree as lines of text. What is attached to a manifest comes after its own parts. */
export function drawTree(content: Content): string[] {
  return [describe(content), ...branches(content)];
}

function branches({ parts = [], attached = [] }: Content): string[] {
  const all = [...parts, ...attached];
  return all.flatMap((child, index) => {
    const isLast = index === all.length - 1;
    const mark = index < parts.length ? "" : "attached: ";
    const lines = [`${isLast ? "└─" : "├─"} ${mark}${describe(child)}`];
    return [...lines, ...branches(child).map((line) => `${isLast ? "  " : "│ "} ${line}`)];
  });
}

function describe(content: Content): string {
  const { role, digest, platform, artifactType, tag, parts = [] } = content;
  const name = [platform, role, artifactType ?? "", tag ?? ""].filter((word) => word !== undefined && word !== "");
  if (role === "absent") return `${name.join(" ")} ${digest}: not in this registry`;
  if (parts.length === 0) return `${name.join(" ")} ${digest} ${formatBytes(content.size)}`;
  const count = role === "index" ? counted(parts.length, "manifest") : counted(layers(parts), "layer");
  return `${name.join(" ")} ${digest} ${count}, ${formatBytes(contentBytes(content))}`;
}

function layers(parts: readonly Content[]): number {
  return parts.filter(({ role }) => role !== "config").length;
}

/** Bytes of all blobs below, each digest counted once. */
function contentBytes(content: Content): number {
  const sizes = new Map<string, number>();
  const visit = ({ role, digest, size, parts = [] }: Content): void => {
    if (["config", "layer", "blob"].includes(role)) sizes.set(digest, size);
    parts.forEach(visit);
  };
  visit(content);
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
