/** The API refused a request or failed; the message says what it said. */
export class ApiProblemError extends Error {
  override readonly name = "ApiProblemError";
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}
