/** Tokens and passwords that were given out, for how long, and what for. */
export interface Secrets {
  /** Gives out a new one. @param scopes what it is good for; everything, when none are named. */
  issue(lifeMs: number, scopes?: readonly string[]): string;
  isGood(secret: string, scope?: string): boolean;
  /** Ends all that were given out so far: a rotated key, a role that was taken away and given back. */
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
