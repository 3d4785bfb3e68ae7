import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** A request whose sender has to prove that it knows a secret. */
export interface SignedRequest {
  readonly body: Uint8Array;
  /** Headers by their names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The parameter `token` of the URL: Quay can send nothing else. */
  readonly token: string | undefined;
}

/** How long the secret is used before it is read again, in milliseconds. */
const FRESH_MS = 300_000;
/** A request that does not match has it read again at most so often: the secret may have been replaced. */
const REREAD_MS = 30_000;

/**
 * Checks that a request comes from a sender that knows the secret: as a bearer token or the whole Authorization header (distribution, zot,
 * Harbor), as the password of a basic login (zot), as the key of an HMAC of the body (X-Hub-Signature-256), or in the URL (Quay).
 * @throws when the secret cannot be read.
 */
export function createSharedSecretCheck(
  read: (signal: AbortSignal) => Promise<string>,
  now: () => number,
): (request: SignedRequest, signal: AbortSignal) => Promise<boolean> {
  let known: { readonly secret: string; readonly at: number } | undefined;
  const secretNotOlderThan = async (ms: number, signal: AbortSignal): Promise<string> => {
    if (known === undefined || now() - known.at >= ms) known = { secret: (await read(signal)).trim(), at: now() };
    return known.secret;
  };
  return async (request, signal) => {
    if (isKnown(request, await secretNotOlderThan(FRESH_MS, signal))) return true;
    return isKnown(request, await secretNotOlderThan(REREAD_MS, signal));
  };
}

function isKnown({ body, headers, token }: SignedRequest, secret: string): boolean {
  // An empty secret would let everyone in.
  if (secret === "") return false;
  const given = headers["authorization"] ?? "";
  const [scheme, value = ""] = given.split(" ", 2);
  const password = scheme?.toLowerCase() === "basic" ? passwordIn(value) : undefined;
  const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  // All are compared, so that the time says nothing about which one was close.
  return [
    isSame(given, secret),
    scheme?.toLowerCase() === "bearer" && isSame(value, secret),
    password !== undefined && isSame(password, secret),
    isSame(headers["x-hub-signature-256"] ?? "", signature),
    token !== undefined && isSame(token, secret),
  ].includes(true);
}

function passwordIn(encoded: string): string | undefined {
  const login = Buffer.from(encoded, "base64").toString();
  const colon = login.indexOf(":");
  return colon < 0 ? undefined : login.slice(colon + 1);
}

/** Compares in constant time: hashes have one length. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash("sha256").update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
