/** A registry, and the login that users and scripts need. */
export interface Login {
  /** `127.0.0.1:PORT` */
  readonly registry: string;
  readonly username: string;
  readonly password: string;
}
