import { compileGlobs } from "../../src/contract/patterns/glob.ts";
import type { DeadLetter } from "../../src/aws/sqs/dead-letter-queue.ts";
import { FAILURE_CLASSES } from "../../src/replication/outcome/failure-class.ts";
import { openOperations } from "../../src/wiring/operations/open-operations.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { UsageError } from "../errors/usage-error.ts";
import { counted, formatDuration } from "../terminal/format.ts";
import { moveLetters, NOTHING_MOVED, requestOf } from "./move-letters.ts";
import type { MoveResult } from "./move-letters.ts";
import { parseStackOptions } from "./stack-options.ts";
import type { RawStackOptions } from "./stack-options.ts";

/** Time limit, in milliseconds, to release the letters that were not moved. */
const RELEASE_MS = 10_000;
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
  const selects = selectorOf(given);
  const { stack, access } = parseStackOptions(given);
  await using operations = await openOperations(stack, access, signal);
  const { deadLetters, queues } = operations;
  const claimedAt = Date.now();
  const letters: DeadLetter[] = [];
  let result: MoveResult = NOTHING_MOVED;
  try {
    for await (const letter of deadLetters.receiveAll(signal)) letters.push(letter);
    const selected = letters.filter(selects);
    if (given.go) result = await moveLetters(selected, { deadLetters, queues, claimedAt, now: Date.now }, signal);
    return report(selected, letters.length, result, { go: given.go, terminal });
  } finally {
    const left = letters.filter((letter) => !result.moved.has(letter));
    // Also after Ctrl-C, hence its own signal. A letter that is not released becomes visible when its claim expires.
    await deadLetters.release(left, AbortSignal.timeout(RELEASE_MS)).catch(() => undefined);
  }
}

function report(
  selected: readonly DeadLetter[],
  all: number,
  result: MoveResult,
  { go, terminal: { out, json } }: { readonly go: boolean; readonly terminal: Terminal },
): ExitCode {
  const { moved, failed } = result;
  if (json) {
    out.json(
      selected.map((letter) => {
        const problem = failed.get(letter);
        return { ...letter, redriven: moved.has(letter), ...(problem === undefined ? {} : { problem }) };
      }),
    );
  } else {
    out.lines([...describeLetters(selected, all), ...describeMove(go, selected.length, result)]);
  }
  return go && moved.size < selected.length ? ExitCode.failed : ExitCode.ok;
}

interface Selection {
  readonly class: readonly string[];
  readonly reason: readonly string[];
  readonly repository: readonly string[];
}

function selectorOf({ class: classes, reason: reasons, repository }: Selection) {
  const unknown = classes.find((name) => !FAILURE_CLASSES.some((known) => known === name));
  if (unknown !== undefined) {
    throw new UsageError(`there is no failure class "${unknown}"; choose from ${FAILURE_CLASSES.join(", ")}`);
  }
  const matches = repository.length === 0 ? () => true : compileGlobs(repository);
  return (letter: DeadLetter): boolean =>
    (classes.length === 0 || classes.includes(letter.class)) &&
    (reasons.length === 0 || reasons.includes(letter.reason)) &&
    matches(requestOf(letter)?.repository ?? "");
}

/** The selected letters as lines of text, grouped by failure class and reason. */
export function describeLetters(selected: readonly DeadLetter[], all: number): string[] {
  if (all === 0) return ["there are no dead letters"];
  const lines: string[] = [];
  const groups = Map.groupBy(selected, (letter) => `${letter.class}: ${letter.reason}`);
  for (const [name, letters] of groups) {
    lines.push(`${name} (${letters.length})`);
    for (const letter of letters.slice(0, SHOWN)) {
      const request = requestOf(letter);
      const about = request === undefined ? letter.body.slice(0, 80) : `${request.repository}:${request.reference}`;
      const age = formatDuration(Date.now() - letter.deadLetteredAt);
      lines.push(`  ${about} to ${request?.destination ?? "?"}, ${age} ago: ${letter.error}`);
    }
    if (letters.length > SHOWN) lines.push(`  and ${letters.length - SHOWN} more`);
  }
  return [...lines, `${counted(selected.length, "letter")} selected of ${all}`];
}

function describeMove(go: boolean, selected: number, { moved, failed }: MoveResult): string[] {
  if (selected === 0) return [];
  if (!go) return ["nothing was changed; add --go to move these back after you have fixed why they failed"];
  const problems = Map.groupBy(failed.values(), (problem) => problem);
  return [
    `${moved.size} moved back to the backfill queues`,
    ...[...problems].map(([problem, all]) => `${counted(all.length, "letter")} not moved: ${problem}`),
  ];
}
