/**
 * A request was not sent, because its slot of the rate would come too late. This is not a failure of the registry: it is neither
 * retried nor counted by a circuit, and passes all layers unchanged.
 */
export class RateExceededError extends Error {
  override readonly name = "RateExceededError";
  /** Milliseconds until a retry makes sense. */
  readonly afterMs: number;

  constructor(destination: string, afterMs: number) {
    super(`the rate allowed for ${destination} is used up for the next ${Math.ceil(afterMs / 1_000)} s`);
    this.afterMs = afterMs;
  }
}
