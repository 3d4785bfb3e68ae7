import type { Audience, ErrorExplanation } from "./explanation.ts";
import { RegistryError } from "./registry-error.ts";
import { explainRegistryError } from "./registry-error-explanation.ts";

/** Explains an error and those of its causes that add information. Stack traces are left out. */
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

/** An error and its causes. Those of a {@link RegistryError} are part of its `problem` already. */
function causesOf(error: unknown): Error[] {
  const chain = new Set<Error>();
  // The chain of causes may be circular.
  for (let cause = error; cause instanceof Error && chain.size < 5 && !chain.has(cause); cause = cause.cause) {
    chain.add(cause);
    if (cause instanceof RegistryError) break;
  }
  return [...chain];
}

function withoutCauses(error: Error, reader: Audience): ErrorExplanation {
  if (error instanceof RegistryError) return explainRegistryError(error, reader);
  if (!isBug(error)) return { problem: error.message || error.name };
  return { problem: `a bug in freightliner: ${error.message}`, next: "please report it" };
}

/** True for the errors that JavaScript throws for a bug. One with a cause comes from a library. */
function isBug(error: Error): boolean {
  const isLanguages = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return isLanguages && error.cause === undefined;
}

/** What was tried and what went wrong, without the advice: `cannot put registry/app:v1: the registry answered HTTP 403`. */
export function formatExplanation({ tried, problem }: ErrorExplanation): string {
  return tried === undefined ? problem : `cannot ${tried}: ${problem}`;
}
