import { JWT } from "google-auth-library";
import * as z from "zod";
import { RegistryError } from "../oci/errors/registry-error.ts";
import { cachedCredentials } from "../registry/credentials/cached-credentials.ts";
import type { CredentialsSource } from "../registry/credentials/credentials.ts";
import { createSecretRedactor } from "../registry/redaction/secret-redactor.ts";
import { GOOGLE_SCOPE } from "./scope.ts";
import { noToken, TOKEN_TIMEOUT_MS, within } from "./token-wait.ts";

export interface KeyOptions {
  /** Reads the text of the key file. Called for each token, so that a rotated key is used within the hour. */
  readonly readKey: (signal: AbortSignal) => Promise<string>;
  /** Token endpoint, instead of Google's. */
  readonly oauthUrl?: string | undefined;
  /** Timeout of a token request, in milliseconds; {@link TOKEN_TIMEOUT_MS} by default. */
  readonly timeoutMs?: number;
}

/** The fields of a service-account key file that are used here. */
const KeyFile = z.object({
  type: z.literal("service_account"),
  client_email: z.email(),
  private_key: z.string().startsWith("-----BEGIN PRIVATE KEY-----"),
  private_key_id: z.string().optional(),
});

const NO_TOKEN = {
  problem: "no access token for the service account's key",
  check: "check whether the key is deleted or disabled, and store a new one in the secret if it is",
};
/** The shortest lifetime of a token, in milliseconds, for when the library does not return its expiry. */
const LIFE_MS = 3_000_000;

/**
 * A Google access token for a service-account key (RFC 7523): the fallback where federation is not possible. The key is in memory only
 * during an exchange and is never sent: the request has a claim that is signed with it.
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
      // The library has no option for another endpoint.
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

/** The error contains none of the text: it is a secret. */
function parseKey(text: string): z.infer<typeof KeyFile> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw notAKey("it is not JSON");
  }
  const parsed = KeyFile.safeParse(document);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path }) => path.join(".") || "the whole document");
  throw notAKey(`wrong or missing: ${fields.join(", ")}`);
}

function notAKey(problem: string): RegistryError {
  return new RegistryError(
    { side: "target", operation: "get-credentials", subject: "Google", category: "permanent" },
    `the secret contains no service-account key: ${problem}; store the JSON key file from Google in it, unchanged`,
  );
}
