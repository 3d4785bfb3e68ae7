import { FormatError } from "../src/oci/format-error.ts";
import { RegistryError } from "../src/oci/registry-error.ts";
import { describeError } from "../src/contract/observer.ts";
import { NotFoundError } from "./not-found-error.ts";
import { registryFailure } from "./registry-failure.ts";
import { UsageError } from "./usage-error.ts";

/** What a person is told of a failure; each thing once. */
export interface Failure {
  /** Which of many things was not done. */
  readonly about?: string | undefined;
  /** What was tried, and with what: `read the manifest registry/app:v1`. */
  readonly tried?: string | undefined;
  /** What came of it; the other side's own words, if it said any. */
  readonly problem: string;
  /** What to do next, where the problem does not say it already. */
  readonly next?: string | undefined;
  /** One thing a line, where there are several. */
  readonly details?: readonly string[] | undefined;
  readonly status?: number | undefined;
  readonly code?: string | undefined;
}

/** Puts any error into that form: no text of a library alone, no stack. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RegistryError) return registryFailure(error);
  if (error instanceof UsageError) return { problem: error.message, details: error.details };
  if (error instanceof NotFoundError) return { problem: error.message };
  if (error instanceof FormatError) {
    return { problem: error.message, next: "the image is not as the specifications have it; push it again" };
  }
  if (isBug(error)) {
    return { problem: `an error of freightliner itself: ${describeError(error)}`, next: "please report it" };
  }
  return { problem: describeError(error) };
}

/** What the language throws where a program is wrong. */
function isBug(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
}

/** A failure as lines: what happened first, what to do last. */
export function failureLines({ about, tried, problem, next, details = [] }: Failure): string[] {
  const first = tried === undefined ? problem : `cannot ${tried}: ${problem}`;
  return [
    ["freightliner", about, first].filter((part) => part !== undefined).join(": "),
    ...details.map((detail) => `  ${detail}`),
    ...(next === undefined ? [] : [`  ${next}`]),
  ];
}
