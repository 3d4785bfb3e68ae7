import type { RegistryError } from "../../oci/errors/registry-error.ts";
import type { Challenge } from "./challenge.ts";
import type { Scope } from "./scope.ts";

/** A request that the registry refused. */
export interface RefusedRequest {
  readonly error: RegistryError;
  readonly challenges: readonly Challenge[];
  /** The header it was sent with. */
  readonly sent: string | undefined;
  readonly scope: Scope;
  /** It was a HEAD: its answer has no words. */
  readonly isSilent: boolean;
}

/** What an expired login may be answered with: the specification says 401, Amazon ECR 403, ECR Public 400. */
export const REFUSAL_STATUSES: ReadonlySet<number> = new Set([400, 401, 403]);

const EXPIRED =
  /\b(?:token|credentials?|session)\b.{0,60}\b(?:expired|invalid|not valid|revoked)|\b(?:expired|invalid|revoked)\b.{0,40}\b(?:token|credentials?)\b/i;
/** Codes that are about the login (distribution-spec, "Error Codes"); a 400 has many others. */
const LOGIN_CODES = new Set([undefined, "DENIED", "UNAUTHORIZED"]);

/** True when words say that a login is too old. */
export function saysExpired({ code, message }: RegistryError): boolean {
  return LOGIN_CODES.has(code) && EXPIRED.test(message);
}
