import type { ListedTag } from "../../src/replication/state/tag-status.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { openOperations } from "../../src/wiring/operations/open-operations.ts";
import { readStackStatus } from "../../src/wiring/operations/stack-status.ts";
import type { StackStatus } from "../../src/wiring/operations/stack-status.ts";
import { progressBar } from "../terminal/progress-bar.ts";
import type { ExitCode } from "../errors/exit-code.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { formatDuration } from "../terminal/format.ts";
import { parseStackOptions } from "./stack-options.ts";
import type { RawStackOptions } from "./stack-options.ts";

const BAR_WIDTH = 20;
/** Copies listed; more do not fit on a screen. */
const SHOWN = 30;

/** Runs `freightliner watch`: prints running copies and their progress at an interval, until it is interrupted. */
export async function watch(
  given: RawStackOptions & { readonly every: number },
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stack, access } = parseStackOptions(given);
  await using operations = await openOperations(stack, access, signal);
  for (let last = ""; ;) {
    const look = await readStackStatus(operations);
    const page = describe(stack, look);
    const shown = page.join("\n");
    if (json) out.json(look);
    // Not on a terminal, the page is appended: print it only when it has changed.
    else if (out.isTTY || shown !== last) out.page(page);
    last = shown;
    await sleep(given.every * 1_000, undefined, { signal });
  }
}

function describe(stack: string, { tags, deadLetters, behind }: StackStatus): string[] {
  const copying = behind
    .filter(({ state }) => state === "copying")
    .toSorted((a, b) => (b.copyingMs ?? 0) - (a.copyingMs ?? 0));
  const { copying: count, waiting, equal, failed, skipped, quarantined } = tags;
  const head = `${stack}: ${count} copying, ${waiting} waiting, ${equal} equal, ${failed} failed, ${skipped} skipped${quarantined === 0 ? "" : `, ${quarantined} quarantined`}, dead letters: ${deadLetters}`;
  const lines = copying.slice(0, SHOWN).map(describeCopy);
  const more = copying.length > SHOWN ? [`  and ${copying.length - SHOWN} more`] : [];
  return [head, ...lines, ...more];
}

function describeCopy({ key, copyingMs, progress }: ListedTag): string {
  const time = copyingMs === undefined ? "" : `, for ${formatDuration(copyingMs)}`;
  return `  ${key}  ${progress === undefined ? "started" : progressBar(progress, BAR_WIDTH)}${time}`;
}
