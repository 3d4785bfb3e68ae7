import * as z from "zod";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { cachedCredentials } from "../../registry/credentials/cached-credentials.ts";
import type { Credentials, CredentialsSource } from "../../registry/credentials/credentials.ts";
import { systemClock } from "../../async/system-clock.ts";

export interface StoredOptions {
  /** ARN of the secret, for messages. */
  readonly arn: string;
  /** Reads the current text of the secret. */
  readonly read: (signal: AbortSignal) => Promise<string>;
  /** Epoch milliseconds; the system clock by default. */
  readonly now?: () => number;
}

/** How long a login is cached, in milliseconds, unless the registry refuses it. */
const KEEP_MS = 3_600_000;

const Stored = z.union([
  z.strictObject({ username: z.string().min(1), password: z.string().min(1) }),
  z.strictObject({ token: z.string().min(1) }),
  z.strictObject({ identityToken: z.string().min(1) }),
]);
const FORMS = '{"username": ..., "password": ...}, {"token": ...} or {"identityToken": ...}';

/**
 * Credentials from a secret, cached in memory only. The secret is read again after an hour, or as soon as the registry refuses the
 * cached login.
 */
export function createStoredCredentials({ arn, read, now = systemClock.now }: StoredOptions): CredentialsSource {
  return cachedCredentials(async (signal) => {
    const credentials = parseStored(arn, await read(signal));
    return { credentials, expiresAt: now() + KEEP_MS };
  }, now);
}

/** The error contains none of the text: it is a secret. */
function parseStored(arn: string, text: string): Credentials {
  const parsed = Stored.safeParse(jsonOf(text));
  if (!parsed.success) {
    throw new RegistryError(
      { side: "target", operation: "get-credentials", subject: arn, category: "permanent" },
      `the secret contains no login; store JSON in it: ${FORMS}, without other fields`,
    );
  }
  const { data } = parsed;
  if ("token" in data) return { kind: "registry-token", token: data.token };
  if ("identityToken" in data) return { kind: "identity-token", token: data.identityToken };
  return { kind: "basic", ...data };
}

/** Undefined when it is not JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
