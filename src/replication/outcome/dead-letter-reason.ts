import type { FailureClass } from "./failure-class.ts";
import type { FailureReason } from "./failure-reason.ts";

/** Why a request failed for good: attributes of its dead letter, which `freightliner redrive` can select by. */
export interface DeadLetterReason {
  /** What has to change before a redrive can succeed. */
  readonly class: FailureClass;
  readonly reason: FailureReason;
  /** The error, in words. */
  readonly message: string;
  /** Key of the tag record; undefined when the message names no tag. */
  readonly record: string | undefined;
  readonly correlationId: string | undefined;
}
