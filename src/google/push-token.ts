import { OAuth2Client } from "google-auth-library";
import { TOKEN_TIMEOUT_MS, within } from "./token-wait.ts";

export interface PushTokenOptions {
  /** Whom the token must be for. */
  readonly audience: string;
  /** Whose token it must be: the service account of the push subscription. */
  readonly serviceAccount: string;
  /** Where Google's keys are, instead of Google's own address. */
  readonly keysUrl?: string | undefined;
}

/**
 * Checks the token that Pub/Sub pushes with: its signature by Google's keys, which the library caches as long as Google allows, issuer,
 * audience and time, and the verified address of the service account (Pub/Sub, "Authentication for push subscriptions").
 * @throws when Google's keys cannot be read: that says nothing about the token.
 */
export function createPushTokenCheck({
  audience,
  serviceAccount,
  keysUrl,
}: PushTokenOptions): (token: string, signal: AbortSignal) => Promise<boolean> {
  const client = new OAuth2Client({
    ...(keysUrl === undefined ? {} : { endpoints: { oauth2FederatedSignonPemCertsUrl: keysUrl } }),
    transporterOptions: { timeout: TOKEN_TIMEOUT_MS },
  });
  return async (token, signal) => {
    // Fetched here, so that a failure of this request is not taken for a wrong token.
    await within(client.getFederatedSignonCertsAsync(), signal, TOKEN_TIMEOUT_MS);
    const ticket = await within(client.verifyIdToken({ idToken: token, audience }), signal, TOKEN_TIMEOUT_MS).catch(
      () => undefined,
    );
    signal.throwIfAborted();
    const { email, email_verified: isVerified } = ticket?.getPayload() ?? {};
    return isVerified === true && email === serviceAccount;
  };
}
