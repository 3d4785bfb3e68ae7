import { CLAIM_SECONDS } from "../../src/aws/sqs/dead-letter-queue.ts";
import type { DeadLetter, DeadLetterQueue } from "../../src/aws/sqs/dead-letter-queue.ts";
import type { CopyQueue } from "../../src/contract/stack/queues.ts";
import { concurrently } from "../../src/async/run-concurrently.ts";
import { parseCopyRequest } from "../../src/replication/planning/copy-request.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";

/** How letters fared that were to be brought back. */
export interface MoveResult {
  readonly moved: ReadonlySet<DeadLetter>;
  /** Why each of the others stayed. */
  readonly failed: ReadonlyMap<DeadLetter, string>;
}
export const NOTHING_MOVED: MoveResult = { moved: new Set(), failed: new Map() };

export interface MoveLettersPorts {
  readonly deadLetters: Pick<DeadLetterQueue, "hold" | "move">;
  readonly queues: readonly CopyQueue[];
  /** When the first letter was claimed, epoch milliseconds. */
  readonly claimedAt: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Letters moved at once, and letters moved between two looks at the clock. */
const AT_ONCE = 8;
const CHUNK = 200;
/** Claims older than this are renewed, in milliseconds: what is moved late is still ours. */
const RENEW_MS = (CLAIM_SECONDS * 1_000) / 3;

/**
 * Moves letters to the backfill queue of their destination. One that cannot be moved stays, with the reason, and the others go on;
 * an abort ends it between two letters.
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
      for (const letter of await parts.deadLetters.hold(rest, signal)) failed.set(letter, CLAIM_OVER);
    }
    const chunk = letters.slice(at, at + CHUNK).filter((letter) => !failed.has(letter));
    await concurrently(
      chunk,
      AT_ONCE,
      async (letter, either) => {
        const problem = await move(letter, parts, either);
        if (problem === undefined) moved.add(letter);
        else failed.set(letter, problem);
      },
      signal,
    );
  }
  return { moved, failed };
}

const CLAIM_OVER = "the claim on it was over; run redrive again";

/** @returns why a letter stays where it is; undefined when it was moved. */
async function move(
  letter: DeadLetter,
  { deadLetters, queues }: MoveLettersPorts,
  signal: AbortSignal,
): Promise<string | undefined> {
  const request = requestOf(letter);
  if (request === undefined) return "it is no request; look at its body with --json";
  const queue = queues.find((each) => each.destination === request.destination && each.priority === "backfill");
  if (queue === undefined) return `its destination ${request.destination} is not in the configuration`;
  // A request of its own, with a receipt of its own, in the same trace.
  const id = `${request.id.split("+")[0]?.slice(0, 100)}+${letter.id.slice(0, 8)}`;
  try {
    await deadLetters.move(letter, { url: queue.url, body: JSON.stringify({ ...request, id }) }, signal);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return `${error instanceof Error ? `${error.name}: ${error.message}` : "it could not be moved"}; run redrive again`;
  }
}

/** The request in a letter; undefined when it is none: then it can only be looked at. */
export function requestOf({ body }: DeadLetter): CopyRequest | undefined {
  try {
    return parseCopyRequest(body);
  } catch {
    return undefined;
  }
}
