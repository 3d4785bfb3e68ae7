import { compileGlobs } from "../../src/contract/glob.ts";
import type { DeadLetter } from "../../src/aws/dead-letters.ts";
import { parseCopyRequest } from "../../src/replication/copy-request.ts";
import type { CopyRequest } from "../../src/replication/copy-request.ts";
import { FAILURE_CLASSES } from "../../src/replication/failure-class.ts";
import { openOperations } from "../../src/wiring/open-operations.ts";
import type { Operations } from "../../src/wiring/open-operations.ts";
import type { Terminal } from "../terminal.ts";
import { ExitCode } from "../exit-code.ts";
import { UsageError } from "../usage-error.ts";
import { counted, formatDuration } from "../format.ts";
import { readStack } from "./stack-options.ts";
import type { GivenStack } from "./stack-options.ts";

/** Letters shown of one class and reason. */
const SHOWN = 5;

/**
 * Carries out `freightliner redrive`: shows the dead letters by class and reason, and with --go brings those that were
 * selected back to their queues. What to copy is looked up anew: a letter of last week brings today's image.
 */
export async function redrive(
  given: GivenStack & Selection & { readonly go: boolean },
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const selects = selectorOf(given);
  const { stack, access } = readStack(given);
  await using operations = await openOperations(stack, access, signal);
  const letters: DeadLetter[] = [];
  for await (const letter of operations.deadLetters.look(signal)) letters.push(letter);
  const selected = letters.filter(selects);
  const moved = given.go ? await bringBack(selected, operations, signal) : [];
  for (const letter of letters) if (!moved.includes(letter)) await operations.deadLetters.letGo(letter, signal);
  if (json) {
    out.json(selected.map((letter) => ({ ...letter, redriven: moved.includes(letter) })));
    return ExitCode.ok;
  }
  out.lines(describeLetters(selected, letters.length));
  out.lines(conclude(given.go, selected.length, moved.length));
  return selected.length > 0 && given.go && moved.length < selected.length ? ExitCode.failed : ExitCode.ok;
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

/** The request in a letter; undefined when it is none: then it can only be looked at. */
function requestOf({ body }: DeadLetter): CopyRequest | undefined {
  try {
    return parseCopyRequest(body);
  } catch {
    return undefined;
  }
}

/** Moves letters to the backfill queue of their destination. @returns those that were moved. */
async function bringBack(
  letters: readonly DeadLetter[],
  operations: Operations,
  signal: AbortSignal,
): Promise<DeadLetter[]> {
  const moved: DeadLetter[] = [];
  for (const letter of letters) {
    signal.throwIfAborted();
    const request = requestOf(letter);
    const queue = operations.queues.find(
      ({ destination, priority }) => destination === request?.destination && priority === "backfill",
    );
    if (request === undefined || queue === undefined) continue;
    // A request of its own, with a receipt of its own, in the same trace.
    const id = `${request.id.split("+")[0]?.slice(0, 100)}+${letter.id.slice(0, 8)}`;
    const to = { url: queue.url, body: JSON.stringify({ ...request, id }) };
    await operations.deadLetters.move(letter, to, signal);
    moved.push(letter);
  }
  return moved;
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
      const age = formatDuration(Date.now() - letter.buriedAt);
      lines.push(`  ${about} to ${request?.destination ?? "?"}, ${age} ago: ${letter.error}`);
    }
    if (letters.length > SHOWN) lines.push(`  and ${letters.length - SHOWN} more`);
  }
  return [...lines, `${counted(selected.length, "letter")} selected of ${all}`];
}

function conclude(isGoing: boolean, selected: number, moved: number): string[] {
  if (selected === 0) return [];
  if (!isGoing) return ["nothing was changed; add --go to bring these back, after what stood against them is mended"];
  const left = selected - moved;
  const cannot = left === 0 ? "" : `; ${left} stay, because they are no request or their destination is gone`;
  return [`${moved} brought back to the backfill queues${cannot}`];
}
