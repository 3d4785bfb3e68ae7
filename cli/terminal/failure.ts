import { formatExplanation, explainError as generalFailure } from "../../src/oci/errors/error-explanation.ts";
import type { ErrorExplanation as GeneralFailure } from "../../src/oci/errors/explanation.ts";
import { FormatError } from "../../src/oci/errors/format-error.ts";
import { ApiProblemError } from "../errors/api-problem-error.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import { UsageError } from "../errors/usage-error.ts";

/** A failure as the command reports it. */
export interface Failure extends GeneralFailure {
  /** What was not done, where the command does several things. */
  readonly about?: string | undefined;
  /** Problems, one a line, where there are several. */
  readonly details?: readonly string[] | undefined;
}

/** Describes any error. */
export function failureOf(error: unknown): Failure {
  if (error instanceof UsageError) return { problem: error.message, details: error.details };
  if (error instanceof NotFoundError || error instanceof ApiProblemError) return { problem: error.message };
  if (error instanceof FormatError) {
    return { problem: error.message, next: "the image does not conform to the OCI specifications; push it again" };
  }
  return generalFailure(error, "command");
}

/** A failure as lines of text: first what happened, last what to do. */
export function failureLines({ about, next, details = [], ...failure }: Failure): string[] {
  return [
    ["freightliner", about, formatExplanation(failure)].filter((part) => part !== undefined).join(": "),
    ...details.map((detail) => `  ${detail}`),
    ...(next === undefined ? [] : [`  ${next}`]),
  ];
}
