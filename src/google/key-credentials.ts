import { JWT } from "google-auth-library";
import * as z from "zod";
import { RegistryError } from "../oci/errors/registry-error.ts";
import { cachedCredentials } from "../registry/auth/cached-credentials.ts";
import type { CredentialsSource } from "../registry/auth/credentials.ts";
import { createSecretRedactor } from "../registry/redaction/secret-redactor.ts";
import { GOOGLE_SCOPE } from "./scope.ts";
import { noToken, TOKEN_TIMEOUT_MS, within } from "./token-wait.ts";

export interface KeyOptions {
  /** Gives the key file's text; asked for with each token, so that a key that was replaced is used within the hour. */
  readonly readKey: (signal: AbortSignal) => Promise<string>;
  /** Where tokens are given instead of at Google. */
  readonly oauthUrl?: string | undefined;
  /** How long a token may take, in milliseconds; {@link TOKEN_TIMEOUT_MS} when not given. */
  readonly timeoutMs?: number;
}

/** What we read of a service-account key file. */
const KeyFile = z.object({
  type: z.literal("service_account"),
  client_email: z.email(),
  private_key: z.string().startsWith("-----BEGIN PRIVATE KEY-----"),
  private_key_id: z.string().optional(),
});

const NO_TOKEN = {
  problem: "no access token for the service account's key",
  check: "check that the key is not deleted or disabled, and put a new one into the secret if it is",
};
/** Milliseconds that a token lasts at least; the library does not promise to say. */
const LIFE_MS = 3_000_000;

/**
 * A Google access token for a service-account key (RFC 7523): the fallback where federation cannot be had. The key lives in memory for as
 * long as an exchange takes, and never leaves it: what is sent is a claim signed with it.
 */
export function createKeyCredentials({
  readKey,
  oauthUrl,
  timeoutMs = TOKEN_TIMEOUT_MS,
}: KeyOptions): CredentialsSource {
  return cachedCredentials(async (signal) => {
    const { client_email: email, private_key: key, private_key_id: keyId } = parseKey(await readKey(signal));
    const client = new JWT({
      email,
      key,
      scopes: [GOOGLE_SCOPE],
      ...(keyId === undefined ? {} : { keyId }),
      // The library knows one address only.
      transporterOptions: {
        timeout: timeoutMs,
        ...(oauthUrl === undefined ? {} : { fetchImplementation: (_url, init) => fetch(oauthUrl, init) }),
      },
    });
    const { access_token: token, expiry_date: expiresAt } = await within(client.authorize(), signal, timeoutMs).catch(
      (cause: unknown) => {
        signal.throwIfAborted();
        const secrets = createSecretRedactor();
        secrets.remember(key);
        throw noToken(cause, NO_TOKEN, secrets.redactSecrets);
      },
    );
    if (typeof token !== "string") throw noToken(undefined, NO_TOKEN);
    return { credentials: { kind: "registry-token", token }, expiresAt: expiresAt ?? Date.now() + LIFE_MS };
  });
}

/** Nothing of the text is in the error: it is a secret. */
function parseKey(text: string): z.infer<typeof KeyFile> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw notAKey("it is not JSON");
  }
  const parsed = KeyFile.safeParse(document);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path }) => path.join(".") || "all of it");
  throw notAKey(`wrong or missing: ${fields.join(", ")}`);
}

function notAKey(problem: string): RegistryError {
  return new RegistryError(
    { side: "target", operation: "get-credentials", subject: "Google", category: "permanent" },
    `the secret holds no service-account key: ${problem}; put the JSON file that Google gave into it, as it is`,
  );
}
