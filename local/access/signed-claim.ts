import { verify } from "node:crypto";
import * as z from "zod";

/** The claims that a service account signs to get a token (Google, "Using OAuth 2.0 for Server to Server Applications"). */
const Claim = z.object({
  iss: z.string(),
  scope: z.string(),
  aud: z.literal("https://oauth2.googleapis.com/token"),
  exp: z.int(),
  iat: z.int(),
});

/** Longest lifetime of a claim, in seconds. */
const LIFE_MAX = 3_600;

/**
 * Why a signed claim is refused, in Google's words where they are known; undefined for a valid one. `keys` are public
 * keys (PEM) by the service account's e-mail.
 */
export function claimProblem(assertion: string, keys: ReadonlyMap<string, string>): string | undefined {
  const [head = "", body = "", signature = ""] = assertion.split(".");
  const claim = Claim.safeParse(decoded(body)).data;
  if (claim === undefined) return "Invalid JWT: its claim is not what this endpoint takes.";
  const key = keys.get(claim.iss);
  if (key === undefined) return "Invalid grant: account not found";
  const isSigned = verify("RSA-SHA256", Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"));
  if (!isSigned) return "Invalid JWT Signature.";
  const now = Date.now() / 1_000;
  const isInTime = claim.iat <= now + 60 && claim.exp > now && claim.exp - claim.iat <= LIFE_MAX;
  return isInTime
    ? undefined
    : "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.";
}

function decoded(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return undefined;
  }
}
