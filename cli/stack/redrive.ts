import { DeadLetters } from "../../src/api/schemas/dead-letter.ts";
import { MOST_IDS } from "../../src/api/schemas/most-ids.ts";
import type { DeadLetter } from "../../src/api/schemas/dead-letter.ts";
import { compileGlobs } from "../../src/contract/patterns/glob.ts";
import { isSelected } from "../../src/wiring/letters/letter-selection.ts";
import type { LetterSelection } from "../../src/wiring/letters/letter-selection.ts";
import { openStackApi } from "../api/open-stack-api.ts";
import type { RawApiOptions } from "../api/open-stack-api.ts";
import { change, read } from "../api/stack-api.ts";
import type { StackApi } from "../api/stack-api.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { counted, formatDuration } from "../terminal/format.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Letters listed for one failure class and reason. */
const SHOWN = 5;

/** Which letters: all of these, and an empty list is any. */
interface Selection {
  readonly class: readonly DeadLetter["class"][];
  readonly reason: readonly string[];
  readonly repository: readonly string[];
}

/**
 * Runs `freightliner redrive`: lists dead letters by failure class and reason, and with --go moves the selected ones back to their
 * queues. A redriven request resolves its tag again, so it copies the current image.
 */
export async function redrive(
  given: RawApiOptions & Selection & { readonly go: boolean },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const selection = selectionOf(given);
  await using api = await openStackApi(given, signal);
  const { all, selected: letters } = await read(api, { path: "/api/dead-letters" }, DeadLetters);
  const selected = letters.filter((letter) => isSelected({ repository: undefined, ...letter }, selection));
  const seen = given.go ? await moveBack(selected, api) : selected;
  return report(seen, all, { go: given.go, terminal });
}

function selectionOf({ class: classes, reason: reasons, repository }: Selection): LetterSelection {
  return { ids: [], classes, reasons, matches: repository.length === 0 ? () => true : compileGlobs(repository) };
}

/** Moves these letters, and none that came after them. */
async function moveBack(selected: readonly DeadLetter[], api: StackApi): Promise<readonly DeadLetter[]> {
  const moved = new Map<string, DeadLetter>();
  for (let at = 0; at < selected.length; at += MOST_IDS) {
    const body = { ids: selected.slice(at, at + MOST_IDS).map(({ id }) => id) };
    const answer = await change(api, { method: "POST", path: "/api/dead-letters/redrive", body }, DeadLetters);
    for (const letter of answer.selected) moved.set(letter.id, letter);
  }
  return selected.map((letter) => moved.get(letter.id) ?? { ...letter, problem: GONE });
}

const GONE = "something else has it; look again in 15 minutes";

function report(
  selected: readonly DeadLetter[],
  all: number,
  { go, terminal: { out, json } }: { readonly go: boolean; readonly terminal: Terminal },
): ExitCode {
  if (json) out.json(selected);
  else out.lines([...describeLetters(selected, all), ...describeMove(go, selected)]);
  return go && selected.some(({ redriven }) => !redriven) ? ExitCode.failed : ExitCode.ok;
}

/** The selected letters as lines of text, grouped by failure class and reason. */
export function describeLetters(selected: readonly DeadLetter[], all: number): string[] {
  if (all === 0) return ["there are no dead letters"];
  const lines: string[] = [];
  const groups = Map.groupBy(selected, (letter) => `${letter.class}: ${letter.reason}`);
  for (const [name, letters] of groups) {
    lines.push(`${name} (${letters.length})`);
    for (const { repository, reference, destination, excerpt = "", failedAt, error } of letters.slice(0, SHOWN)) {
      const about = repository === undefined ? excerpt : `${repository}:${reference}`;
      lines.push(`  ${about} to ${destination ?? "?"}, ${formatDuration(Date.now() - failedAt)} ago: ${error}`);
    }
    if (letters.length > SHOWN) lines.push(`  and ${letters.length - SHOWN} more`);
  }
  return [...lines, `${counted(selected.length, "letter")} selected of ${all}`];
}

function describeMove(go: boolean, selected: readonly DeadLetter[]): string[] {
  if (selected.length === 0) return [];
  if (!go) return ["nothing was changed; add --go to move these back after you have fixed why they failed"];
  const failed = selected.filter(({ problem }) => problem !== undefined);
  const problems = Map.groupBy(failed, ({ problem = "" }) => problem);
  return [
    `${selected.filter(({ redriven }) => redriven).length} moved back to the backfill queues`,
    ...[...problems].map(([problem, all]) => `${counted(all.length, "letter")} not moved: ${problem}`),
  ];
}
