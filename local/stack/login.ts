/** A registry, and how a person or script logs in to it. */
export interface Login {
  /** `127.0.0.1:PORT` */
  readonly registry: string;
  readonly username: string;
  readonly password: string;
}

/** The value of an Authorization header (RFC 7617), made without the client that is under test. */
export function basicAuthorization({ username, password }: Pick<Login, "username" | "password">): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
