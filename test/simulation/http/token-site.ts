import type { Service } from "../world/world.ts";
import type { Secrets } from "./secrets.ts";
import { json } from "./site.ts";
import type { Site } from "./site.ts";

/** Lifetime of a token, in seconds; without `expires_in` a client assumes 60 ("Token Authentication Specification"). */
const TOKEN_SECONDS = 300;

/** A token server that grants every requested scope to every client. */
export function createTokenSite(service: Service, secrets: Secrets): Site {
  return {
    service,
    answer({ url }) {
      const token = secrets.issue(TOKEN_SECONDS * 1_000, url.searchParams.getAll("scope"));
      return json({ token, expires_in: TOKEN_SECONDS });
    },
  };
}
