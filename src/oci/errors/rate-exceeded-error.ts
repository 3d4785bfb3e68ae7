/**
 * A request was never sent: so much was asked of the registry already that its turn would come too late. No failure of the
 * registry, so nothing that judges one counts it: no retry, no circuit. It passes every layer as it is.
 */
export class RateExceededError extends Error {
  override readonly name = "RateExceededError";
  /** Milliseconds until it makes sense again. */
  readonly afterMs: number;

  constructor(destination: string, afterMs: number) {
    super(`the rate allowed for ${destination} is used up for the next ${Math.ceil(afterMs / 1_000)} s`);
    this.afterMs = afterMs;
  }
}
