/**
 * Who reads about a failure: the user of a command, or the operator of a stack, which retries by itself. They get the
 * same problem, and different advice.
 */
export type Audience = "command" | "stack";

/** A failure in words, for the terminal, log lines, receipts and dead letters. No field repeats another. */
export interface ErrorExplanation {
  /** The operation and its subject: `read the manifest registry/app:v1`. */
  readonly tried?: string | undefined;
  /** What went wrong, in the server's own words if it gave any. They were redacted when they were read. */
  readonly problem: string;
  /** What to do next; undefined when the problem says it already, or nothing can be done. */
  readonly next?: string | undefined;
  /** HTTP status of the answer. */
  readonly status?: number | undefined;
  /** First error code of the answer (distribution-spec, "Error Codes"). */
  readonly code?: string | undefined;
}
