/** An auth file or credential helper cannot be used; the message names it and says what to do. Contains no secret, nor do its causes. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
}
