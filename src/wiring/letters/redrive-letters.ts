import type { DeadLetter } from "../../aws/sqs/dead-letter-queue.ts";
import type { CopyRequest } from "../../replication/planning/copy-request.ts";
import { moveLetters, NOTHING_MOVED, requestOf } from "./move-letters.ts";
import type { MoveResult } from "./move-letters.ts";
import { isSelected } from "./letter-selection.ts";
import type { LetterSelection } from "./letter-selection.ts";
import type { Operations } from "../operations/open-operations.ts";

/** A selected letter, and what happened to it. */
export interface RedrivenLetter {
  readonly letter: DeadLetter;
  /** The request in it; undefined when the body is none. */
  readonly request: CopyRequest | undefined;
  readonly isMoved: boolean;
  /** Why it was not moved. */
  readonly problem: string | undefined;
}

/** Time limit, in milliseconds, to release the letters that were not moved. */
const RELEASE_MS = 10_000;

/**
 * Reads all dead letters, and with `go` moves the selected ones back to the backfill queues of their destinations. A redriven request resolves
 * its tag again, so it copies the current image.
 */
export async function selectLetters(
  selection: LetterSelection,
  { go }: { readonly go: boolean },
  { deadLetters, queues, signal }: Pick<Operations, "deadLetters" | "queues" | "signal">,
): Promise<{ readonly all: number; readonly selected: readonly RedrivenLetter[] }> {
  const claimedAt = Date.now();
  const letters: DeadLetter[] = [];
  let result: MoveResult = NOTHING_MOVED;
  try {
    for await (const letter of deadLetters.receiveAll(signal)) letters.push(letter);
    const selected = letters.filter((letter) =>
      isSelected({ ...letter, repository: requestOf(letter)?.repository }, selection),
    );
    if (go) result = await moveLetters(selected, { deadLetters, queues, claimedAt, now: Date.now }, signal);
    const { moved, failed } = result;
    return {
      all: letters.length,
      selected: selected.map((letter) => ({
        letter,
        request: requestOf(letter),
        isMoved: moved.has(letter),
        problem: failed.get(letter),
      })),
    };
  } finally {
    const left = letters.filter((letter) => !result.moved.has(letter));
    // Also after an abort, hence its own signal. A letter that is not released becomes visible when its claim expires.
    await deadLetters.release(left, AbortSignal.timeout(RELEASE_MS)).catch(() => undefined);
  }
}
