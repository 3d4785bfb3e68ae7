import type { ListedTag } from "../src/replication/tag-state.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { openOperations } from "../src/wiring/open-operations.ts";
import { lookAtStack } from "../src/wiring/stack-look.ts";
import type { StackLook } from "../src/wiring/stack-look.ts";
import { progressBar } from "./bar.ts";
import type { Terminal } from "./terminal.ts";
import { ExitCode, UsageError } from "./exit-code.ts";
import { formatDuration } from "./format.ts";
import { readOptions, readStack, STACK_OPTIONS } from "./stack-options.ts";

const OPTIONS = { ...STACK_OPTIONS, every: { type: "string", default: "5" } } as const;
const BAR_WIDTH = 20;
/** Copies shown at once; more do not fit on a screen. */
const SHOWN = 30;

/** Carries out `freightliner watch`: what is being copied and how far it has come, again and again until it is interrupted. */
export async function watch(args: readonly string[], { out }: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const values = readOptions(args, OPTIONS);
  const { stack, access } = readStack(values);
  if (!/^[1-9]\d{0,3}$/.test(values.every)) throw new UsageError("--every takes seconds, 1 to 9999");
  await using operations = await openOperations(stack, access, signal);
  for (let last = ""; !signal.aborted;) {
    const look = await lookAtStack(operations);
    const page = describe(stack, look);
    const shown = page.join("\n");
    if (values.json) out.json(look);
    // Where it cannot be drawn anew, only what has changed is written.
    else if (out.isTTY || shown !== last) out.page(page);
    last = shown;
    await sleep(Number(values.every) * 1_000, undefined, { signal }).catch(() => undefined);
  }
  return ExitCode.ok;
}

function describe(stack: string, { tags, deadLetters, behind }: StackLook): string[] {
  const copying = behind
    .filter(({ state }) => state === "copying")
    .toSorted((a, b) => (b.copyingMs ?? 0) - (a.copyingMs ?? 0));
  const { copying: count, waiting, equal, failed, skipped } = tags;
  const head = `${stack}: ${count} being copied, ${waiting} waiting, ${equal} equal, ${failed} failed, ${skipped} skipped, dead letters: ${deadLetters}`;
  const lines = copying.slice(0, SHOWN).map(describeCopy);
  const more = copying.length > SHOWN ? [`  and ${copying.length - SHOWN} more`] : [];
  return [head, ...lines, ...more];
}

function describeCopy({ key, copyingMs, progress }: ListedTag): string {
  const time = copyingMs === undefined ? "" : `, for ${formatDuration(copyingMs)}`;
  return `  ${key}  ${progress === undefined ? "begun" : progressBar(progress, BAR_WIDTH)}${time}`;
}
