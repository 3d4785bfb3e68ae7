/** The command line, or a file it names, is wrong. The message says how to correct it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** The command whose usage is wrong, where that is known. */
  readonly command: string | undefined;
  /** Problems of a file, one a line. */
  readonly details: readonly string[] | undefined;

  constructor(
    message: string,
    options?: ErrorOptions & { readonly command?: string; readonly details?: readonly string[] },
  ) {
    super(message, options);
    this.command = options?.command;
    this.details = options?.details;
  }
}
