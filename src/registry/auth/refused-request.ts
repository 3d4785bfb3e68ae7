import type { RegistryError } from "../../oci/errors/registry-error.ts";
import type { Challenge } from "./challenge.ts";
import type { Scope } from "./scope.ts";

/** A request that the registry refused. */
export interface RefusedRequest {
  readonly error: RegistryError;
  readonly challenges: readonly Challenge[];
  /** The Authorization header that was sent; undefined for an anonymous request. */
  readonly sent: string | undefined;
  readonly scope: Scope;
  /** The response to a HEAD has no body that gives a reason. */
  readonly isHead: boolean;
}

/** Statuses for an expired login: 401 by the specification, 403 at Amazon ECR, 400 at ECR Public. */
export const REFUSAL_STATUSES: ReadonlySet<number> = new Set([400, 401, 403]);

const EXPIRED =
  /\b(?:token|credentials?|session)\b.{0,60}\b(?:expired|invalid|not valid|revoked)|\b(?:expired|invalid|revoked)\b.{0,40}\b(?:token|credentials?)\b/i;
/** Error codes about the login (distribution-spec, "Error Codes"): a 400 can have many others. */
const LOGIN_CODES = new Set([undefined, "DENIED", "UNAUTHORIZED"]);

/** True when the error message says that the login is expired or invalid. */
export function saysExpired({ code, message }: RegistryError): boolean {
  return LOGIN_CODES.has(code) && EXPIRED.test(message);
}
