/** Tokens and passwords that were issued, with their expiry and scopes. */
export interface Secrets {
  /** Issues a secret. @param scopes what it is valid for. */
  issue(lifeMs: number, scopes?: readonly string[]): string;
  /** @param scope any when not given. */
  isGood(secret: string, scope?: string): boolean;
  /** Revokes every secret issued so far, as when a key is rotated, or a role is removed and granted again. */
  revoke(): void;
}

export function createSecrets(name: string, now: () => number): Secrets {
  const known = new Map<string, { readonly until: number; readonly scopes: readonly string[] }>();
  let issued = 0;
  return {
    issue(lifeMs, scopes = []) {
      const secret = `${name}-${issued++}`;
      known.set(secret, { until: now() + lifeMs, scopes });
      return secret;
    },
    isGood(secret, scope) {
      const found = known.get(secret);
      if (found === undefined || now() >= found.until) return false;
      return scope === undefined || found.scopes.some((given) => covers(given, scope));
    },
    revoke: () => known.clear(),
  };
}

/** `repository:a:pull,push` covers `repository:a:pull`. */
function covers(given: string, wanted: string): boolean {
  return given === wanted || given === wanted.replace(/:pull$/, ":pull,push");
}
