/** A file of logins or a credential helper could not be used; says which and what to do. Holds no secret, in its causes neither. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
}
