import { CLAIM_SECONDS } from "../../aws/sqs/dead-letter-queue.ts";
import type { DeadLetter, DeadLetterQueue } from "../../aws/sqs/dead-letter-queue.ts";
import type { CopyQueue } from "../../contract/stack/queues.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import type { CopyRequest } from "../../replication/planning/copy-request.ts";
import { readRequestMessage } from "../../replication/planning/request-message.ts";

export interface MoveResult {
  readonly moved: ReadonlySet<DeadLetter>;
  /** Why each of the others was not moved. */
  readonly failed: ReadonlyMap<DeadLetter, string>;
}
export const NOTHING_MOVED: MoveResult = { moved: new Set(), failed: new Map() };

export interface MoveLettersPorts {
  readonly deadLetters: Pick<DeadLetterQueue, "renew" | "move">;
  readonly queues: readonly CopyQueue[];
  /** When the first letter was claimed, epoch milliseconds. */
  readonly claimedAt: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const CONCURRENT_MOVES = 8;
/** Letters moved between two checks of the age of the claims. */
const CHUNK = 200;
/** Claims older than this, in milliseconds, are renewed before more letters are moved. */
const RENEW_MS = (CLAIM_SECONDS * 1_000) / 3;

/**
 * Moves dead letters to the backfill queues of their destinations. A letter that cannot be moved stays in the dead-letter queue, and
 * the others are still moved. An abort takes effect between two letters.
 */
export async function moveLetters(
  letters: readonly DeadLetter[],
  parts: MoveLettersPorts,
  signal: AbortSignal,
): Promise<MoveResult> {
  const moved = new Set<DeadLetter>();
  const failed = new Map<DeadLetter, string>();
  let { claimedAt } = parts;
  for (let at = 0; at < letters.length; at += CHUNK) {
    if (parts.now() - claimedAt > RENEW_MS) {
      claimedAt = parts.now();
      const rest = letters.slice(at).filter((letter) => !failed.has(letter));
      for (const letter of await parts.deadLetters.renew(rest, signal)) failed.set(letter, CLAIM_EXPIRED);
    }
    const chunk = letters.slice(at, at + CHUNK).filter((letter) => !failed.has(letter));
    await concurrently(
      chunk,
      CONCURRENT_MOVES,
      async (letter, working) => {
        const problem = await move(letter, parts, working);
        if (problem === undefined) moved.add(letter);
        else failed.set(letter, problem);
      },
      signal,
    );
  }
  return { moved, failed };
}

const CLAIM_EXPIRED = "the claim on it has expired; run redrive again";

/** Moves one letter. @returns why it was not moved; undefined when it was. */
async function move(
  letter: DeadLetter,
  { deadLetters, queues, now }: MoveLettersPorts,
  signal: AbortSignal,
): Promise<string | undefined> {
  const request = requestOf(letter);
  if (request === undefined) return "it is not a copy request; inspect its body with --json";
  const queue = queues.find((each) => each.destination === request.destination && each.priority === "backfill");
  if (queue === undefined) return `its destination ${request.destination} is not in the configuration`;
  // A new id gives the redriven request its own receipt; its prefix keeps both in one trace.
  const id = `${request.id.split("+")[0]?.slice(0, 100)}+${letter.id.slice(0, 8)}`;
  try {
    await deadLetters.move(
      letter,
      { url: queue.url, body: JSON.stringify({ ...request, id, askedAt: now() }) },
      signal,
    );
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return `${error instanceof Error ? `${error.name}: ${error.message}` : "it could not be moved"}; run redrive again`;
  }
}

/** The copy request in a letter; undefined when the body is not one. */
export function requestOf({ body }: DeadLetter): CopyRequest | undefined {
  const message = readRequestMessage(body);
  return message.kind === "copy" ? message.request : undefined;
}
