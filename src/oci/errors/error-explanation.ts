import { RegistryError } from "./registry-error.ts";
import { explainRegistryError } from "./registry-error-explanation.ts";

/**
 * Who acts on a failure: a person who has run a command, or one who looks after a stack, which tries again by itself what may
 * pass. What was tried and what came of it is the same for both.
 */
export type Audience = "command" | "stack";

/** What is said of a failure, wherever it is said; each thing once. */
export interface ErrorExplanation {
  /** What was tried, and with what: `read the manifest registry/app:v1`. */
  readonly tried?: string | undefined;
  /** What came of it; the other side's own words, if it said any. They were scrubbed when they were read. */
  readonly problem: string;
  /** What to do next, where the problem does not say it already, and there is something to do. */
  readonly next?: string | undefined;
  /** HTTP status of the answer. */
  readonly status?: number | undefined;
  /** First error code of the answer (distribution-spec, "Error Codes"). */
  readonly code?: string | undefined;
}

/** An error in that form, and behind it those that led to it, where they say something new: no text of a library alone, no stack. */
export function explainError(error: unknown, reader: Audience): ErrorExplanation {
  if (error instanceof RegistryError) return explainRegistryError(error, reader);
  const told: ErrorExplanation[] = [];
  for (const cause of causesOf(error)) {
    const failure = withoutCauses(cause, reader);
    if (!told.some(({ problem }) => problem.includes(failure.problem))) told.push(failure);
  }
  if (told.length === 0) return { problem: String(error) };
  return {
    problem: told.map(formatExplanation).join(" <- "),
    next: told.find(({ next }) => next !== undefined)?.next,
  };
}

/** An error and those that led to it. What led to a registry's failure is in its problem already, in words. */
function causesOf(error: unknown): Error[] {
  const chain = new Set<Error>();
  // A chain may be a circle.
  for (let cause = error; cause instanceof Error && chain.size < 5 && !chain.has(cause); cause = cause.cause) {
    chain.add(cause);
    if (cause instanceof RegistryError) break;
  }
  return [...chain];
}

function withoutCauses(error: Error, reader: Audience): ErrorExplanation {
  if (error instanceof RegistryError) return explainRegistryError(error, reader);
  if (!isBug(error)) return { problem: error.message || error.name };
  return { problem: `an error of freightliner itself: ${error.message}`, next: "please report it" };
}

/** What the language throws where a program is wrong. One with a cause is a library's. */
function isBug(error: Error): boolean {
  const isLanguages = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return isLanguages && error.cause === undefined;
}

/** What was tried, and what came of it, without what to do next: `cannot put registry/app:v1: the registry answered HTTP 403`. */
export function formatExplanation({ tried, problem }: ErrorExplanation): string {
  return tried === undefined ? problem : `cannot ${tried}: ${problem}`;
}
