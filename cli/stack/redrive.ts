import { compileGlobs } from "../../src/contract/patterns/glob.ts";
import { FAILURE_CLASSES } from "../../src/replication/outcome/failure-class.ts";
import { openOperations } from "../../src/wiring/operations/open-operations.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { UsageError } from "../errors/usage-error.ts";
import { counted, formatDuration } from "../terminal/format.ts";
import { selectLetters } from "../../src/wiring/letters/redrive-letters.ts";
import type { LetterSelection, RedrivenLetter } from "../../src/wiring/letters/redrive-letters.ts";
import { parseStackOptions } from "./stack-options.ts";
import type { RawStackOptions } from "./stack-options.ts";

/** Letters listed for one failure class and reason. */
const SHOWN = 5;

/**
 * Runs `freightliner redrive`: lists dead letters by failure class and reason, and with --go moves the selected ones back to their
 * queues. A redriven request resolves its tag again, so it copies the current image.
 */
export async function redrive(
  given: RawStackOptions & Selection & { readonly go: boolean },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const selection = selectionOf(given);
  const { stack, access } = parseStackOptions(given);
  await using operations = await openOperations(stack, access, signal);
  const { all, selected } = await selectLetters(selection, { go: given.go }, operations);
  return report(selected, all, { go: given.go, terminal });
}

function report(
  selected: readonly RedrivenLetter[],
  all: number,
  { go, terminal: { out, json } }: { readonly go: boolean; readonly terminal: Terminal },
): ExitCode {
  const moved = selected.filter(({ isMoved }) => isMoved).length;
  if (json) {
    out.json(
      selected.map(({ letter, isMoved: redriven, problem }) => ({
        ...letter,
        redriven,
        ...(problem === undefined ? {} : { problem }),
      })),
    );
  } else {
    out.lines([...describeLetters(selected, all), ...describeMove(go, selected)]);
  }
  return go && moved < selected.length ? ExitCode.failed : ExitCode.ok;
}

interface Selection {
  readonly class: readonly string[];
  readonly reason: readonly string[];
  readonly repository: readonly string[];
}

function selectionOf({ class: classes, reason: reasons, repository }: Selection): LetterSelection {
  const unknown = classes.find((name) => !FAILURE_CLASSES.some((known) => known === name));
  if (unknown !== undefined) {
    throw new UsageError(`there is no failure class "${unknown}"; choose from ${FAILURE_CLASSES.join(", ")}`);
  }
  const matches = repository.length === 0 ? () => true : compileGlobs(repository);
  return { ids: [], classes, reasons, matches };
}

/** The selected letters as lines of text, grouped by failure class and reason. */
export function describeLetters(selected: readonly RedrivenLetter[], all: number): string[] {
  if (all === 0) return ["there are no dead letters"];
  const lines: string[] = [];
  const groups = Map.groupBy(selected, ({ letter }) => `${letter.class}: ${letter.reason}`);
  for (const [name, letters] of groups) {
    lines.push(`${name} (${letters.length})`);
    for (const { letter, request } of letters.slice(0, SHOWN)) {
      const about = request === undefined ? letter.body.slice(0, 80) : `${request.repository}:${request.reference}`;
      const age = formatDuration(Date.now() - letter.deadLetteredAt);
      lines.push(`  ${about} to ${request?.destination ?? "?"}, ${age} ago: ${letter.error}`);
    }
    if (letters.length > SHOWN) lines.push(`  and ${letters.length - SHOWN} more`);
  }
  return [...lines, `${counted(selected.length, "letter")} selected of ${all}`];
}

function describeMove(go: boolean, selected: readonly RedrivenLetter[]): string[] {
  if (selected.length === 0) return [];
  if (!go) return ["nothing was changed; add --go to move these back after you have fixed why they failed"];
  const failed = selected.filter(({ problem }) => problem !== undefined);
  const problems = Map.groupBy(failed, ({ problem = "" }) => problem);
  return [
    `${selected.filter(({ isMoved }) => isMoved).length} moved back to the backfill queues`,
    ...[...problems].map(([problem, all]) => `${counted(all.length, "letter")} not moved: ${problem}`),
  ];
}
