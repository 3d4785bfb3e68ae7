import { randomBytes } from "node:crypto";

/** Issued tokens with their expiry. */
export interface TokenStore {
  issue(lifeMs: number): string;
  /** True for a token of this store that has not expired. */
  verify(token: string): boolean;
  /** Revokes all tokens that have an expiry. */
  revoke(): void;
}

export function createTokenStore(prefix: string): TokenStore {
  const ends = new Map<string, number>();
  return {
    issue(lifeMs) {
      const token = `${prefix}${randomBytes(24).toString("base64url")}`;
      ends.set(token, Date.now() + lifeMs);
      return token;
    },
    verify: (token) => (ends.get(token) ?? 0) > Date.now(),
    revoke() {
      for (const [token, end] of ends) if (end !== Number.POSITIVE_INFINITY) ends.delete(token);
    },
  };
}
