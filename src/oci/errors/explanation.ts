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
