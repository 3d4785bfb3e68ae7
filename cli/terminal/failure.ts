import { describeFailure, failureOf as generalFailure } from "../../src/oci/errors/failure.ts";
import type { Failure as GeneralFailure } from "../../src/oci/errors/failure.ts";
import { FormatError } from "../../src/oci/errors/format-error.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import { UsageError } from "../errors/usage-error.ts";

/** What the command line says about a failure. */
export interface Failure extends GeneralFailure {
  /** Which of many things was not done. */
  readonly about?: string | undefined;
  /** One thing a line, where there are several. */
  readonly details?: readonly string[] | undefined;
}

/** Puts any error into that form. */
export function failureOf(error: unknown): Failure {
  if (error instanceof UsageError) return { problem: error.message, details: error.details };
  if (error instanceof NotFoundError) return { problem: error.message };
  if (error instanceof FormatError) {
    return { problem: error.message, next: "the image is not as the specifications have it; push it again" };
  }
  return generalFailure(error, "command");
}

/** A failure as lines: what happened first, what to do last. */
export function failureLines({ about, next, details = [], ...failure }: Failure): string[] {
  return [
    ["freightliner", about, describeFailure(failure)].filter((part) => part !== undefined).join(": "),
    ...details.map((detail) => `  ${detail}`),
    ...(next === undefined ? [] : [`  ${next}`]),
  ];
}
