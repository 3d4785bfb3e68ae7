import { compileGlobs } from "../../src/contract/configuration/glob.ts";
import type { DeadLetter } from "../../src/aws/sqs/dead-letter-queue.ts";
import { FAILURE_CLASSES } from "../../src/replication/outcome/failure-class.ts";
import { openOperations } from "../../src/wiring/open-operations.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { UsageError } from "../errors/usage-error.ts";
import { counted, formatDuration } from "../terminal/format.ts";
import { moveLetters, NOTHING_MOVED, requestOf } from "./move-letters.ts";
import type { MoveResult } from "./move-letters.ts";
import { parseStackOptions } from "./stack-options.ts";
import type { RawStackOptions } from "./stack-options.ts";

/** How long letting go of letters may take at the end, in milliseconds. */
const LET_GO_MS = 10_000;
/** Letters shown of one class and reason. */
const SHOWN = 5;

/**
 * Carries out `freightliner redrive`: shows the dead letters by class and reason, and with --go brings those that were
 * selected back to their queues. What to copy is looked up anew: a letter of last week brings today's image.
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
  let brought: MoveResult = NOTHING_MOVED;
  try {
    for await (const letter of deadLetters.look(signal)) letters.push(letter);
    const selected = letters.filter(selects);
    if (given.go) brought = await moveLetters(selected, { deadLetters, queues, claimedAt, now: Date.now }, signal);
    return report(selected, letters.length, brought, { go: given.go, terminal });
  } finally {
    const left = letters.filter((letter) => !brought.moved.has(letter));
    // Also after Ctrl-C; what is not let go of in time shows again when its claim is over.
    await deadLetters.letGo(left, AbortSignal.timeout(LET_GO_MS)).catch(() => undefined);
  }
}

function report(
  selected: readonly DeadLetter[],
  all: number,
  brought: MoveResult,
  { go, terminal: { out, json } }: { readonly go: boolean; readonly terminal: Terminal },
): ExitCode {
  const { moved, failed } = brought;
  if (json) {
    out.json(
      selected.map((letter) => {
        const problem = failed.get(letter);
        return { ...letter, redriven: moved.has(letter), ...(problem === undefined ? {} : { problem }) };
      }),
    );
  } else {
    out.lines([...describeLetters(selected, all), ...conclude(go, selected.length, brought)]);
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
    throw new UsageError(`there is no class "${unknown}"; there are ${FAILURE_CLASSES.join(", ")}`);
  }
  const matches = repository.length === 0 ? () => true : compileGlobs(repository);
  return (letter: DeadLetter): boolean =>
    (classes.length === 0 || classes.includes(letter.class)) &&
    (reasons.length === 0 || reasons.includes(letter.reason)) &&
    matches(requestOf(letter)?.repository ?? "");
}

/** The letters that were selected, as lines for people. */
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

function conclude(isGoing: boolean, selected: number, { moved, failed }: MoveResult): string[] {
  if (selected === 0) return [];
  if (!isGoing) return ["nothing was changed; add --go to bring these back, after you have removed what stopped them"];
  const problems = Map.groupBy(failed.values(), (problem) => problem);
  return [
    `${moved.size} brought back to the backfill queues`,
    ...[...problems].map(([problem, all]) => `${counted(all.length, "letter")} stayed: ${problem}`),
  ];
}
