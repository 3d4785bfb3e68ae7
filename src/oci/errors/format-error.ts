/**
 * Something does not follow the grammar or schema of the OCI specifications.
 * Permanent by nature: the same bytes are wrong again tomorrow, so nothing retries it.
 */
export class FormatError extends Error {
  override readonly name = "FormatError";
  /** Where it is wrong, for example `layers[2].digest` or `repository`. */
  readonly field: string;

  constructor(field: string, problem: string, options?: ErrorOptions) {
    super(`${field}: ${problem}`, options);
    this.field = field;
  }
}
