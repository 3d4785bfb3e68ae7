import { concurrently } from "../../src/async/run-concurrently.ts";
import { ODD_REGISTRIES } from "../odd/all.ts";
import { FREIGHTLINER } from "../odd/freightliner.ts";
import type { Odd } from "../odd/odd.ts";
import { runCopy } from "../odd/run-copy.ts";
import type { CopyResult } from "../odd/run-copy.ts";
import { PEER_COPIERS } from "./copiers.ts";

const COPIERS = [FREIGHTLINER, ...PEER_COPIERS];
/** Concurrent copies. */
const AT_ONCE = 6;

/** Copies from or to each odd registry with each tool. @returns a Markdown table of what arrived. */
export async function oddTable(signal: AbortSignal): Promise<string> {
  const rows = await concurrently(ODD_REGISTRIES, AT_ONCE, rowOf, signal);
  const head = ["a registry that", "as", "is read or written", ...COPIERS.map(({ name }) => name)];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

async function rowOf(odd: Odd): Promise<readonly string[]> {
  const cells: string[] = [];
  for (const copier of COPIERS) cells.push(wordOf(await runCopy(odd, copier)));
  return [`[${odd.name}](${linkOf(odd.source)})`, odd.seenAt, odd.side === "source" ? "read" : "written", ...cells];
}

/** The result of a copy, for the table. */
function wordOf({ arrived, code }: CopyResult): string {
  if (arrived === "all") return code === 0 ? "all" : "all, exit 1";
  if (arrived === "image") return code === 0 ? "image only" : "image only, exit 1";
  return code === 0 ? "**nothing, exit 0**" : "-";
}

/** The URL of a source, which may be the number and section of an RFC. */
function linkOf(source: string): string {
  const [, rfc, section] = /^RFC (\d+)(?:, section ([\d.]+))?/.exec(source) ?? [];
  if (rfc === undefined) return source.split(" ")[0] ?? source;
  return `https://www.rfc-editor.org/rfc/rfc${rfc}${section === undefined ? "" : `#section-${section}`}`;
}
