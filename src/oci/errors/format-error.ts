/**
 * A text or document violates the grammar or schema of the OCI specifications. Permanent: the same bytes fail again, so it is not
 * retried.
 */
export class FormatError extends Error {
  override readonly name = "FormatError";
  /** The part that is wrong, for example `layers[2].digest` or `repository`. */
  readonly field: string;

  constructor(field: string, problem: string, options?: ErrorOptions) {
    super(`${field}: ${problem}`, options);
    this.field = field;
  }
}
