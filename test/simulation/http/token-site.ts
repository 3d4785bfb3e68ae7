import type { Service } from "../world.ts";
import type { Secrets } from "./secrets.ts";
import { json } from "./site.ts";
import type { Site } from "./site.ts";

/** Seconds a token lasts; 60 is what a client assumes that is not told ("Token Authentication Specification"). */
const TOKEN_SECONDS = 300;

/** A token server that gives a token to everybody, for the scopes that were asked for. */
export function createTokenSite(service: Service, secrets: Secrets): Site {
  return {
    service,
    answer({ url }) {
      const token = secrets.issue(TOKEN_SECONDS * 1_000, url.searchParams.getAll("scope"));
      return json({ token, expires_in: TOKEN_SECONDS });
    },
  };
}
