import { RegistryError } from "../../oci/errors/registry-error.ts";
import { authorizationHeader } from "../credentials/credentials.ts";
import type { CredentialsSource } from "../credentials/credentials.ts";
import type { NegotiatedMethod } from "./negotiated-method.ts";
import { saysExpired } from "./refused-request.ts";
import type { RefusedRequest } from "./refused-request.ts";

/** Obtains other credentials after a refusal. True when a retry has something new to send. */
export type RefusalHandler = (request: RefusedRequest, signal: AbortSignal) => Promise<boolean>;

/** Number of renewed tokens that are remembered. */
const MAX_RENEWED = 16;

export function createRefusalHandler(credentials: CredentialsSource, method: NegotiatedMethod): RefusalHandler {
  const handleTokenRefusal = createTokenRefusalHandler(method);
  return async (request, signal) => {
    if (request.sent === undefined) return handleAnonymousRefusal(request, credentials, method, signal);
    const { kind } = await credentials(signal);
    const isToken = kind !== "registry-token" && request.sent.startsWith("Bearer ");
    return isToken ? handleTokenRefusal(request, signal) : handleLoginRefusal(request, credentials, method, signal);
  };
}

/** For an anonymous request: follows its challenge. Without a usable challenge, a password is sent as Basic, which most registries accept. */
async function handleAnonymousRefusal(
  { error, challenges, scope }: RefusedRequest,
  credentials: CredentialsSource,
  method: NegotiatedMethod,
  signal: AbortSignal,
): Promise<boolean> {
  // Another request may have negotiated the method meanwhile.
  if ((await method.negotiate(challenges, scope, signal)) || method.kind() !== "unknown") return true;
  const { kind } = await credentials(signal);
  if (kind === "identity-token" && challenges.length > 0) throw identityTokenUnusable(error);
  if (kind !== "basic" || error.status === 400) return false;
  method.set({ kind: "basic" });
  return true;
}

/** For a request with the login itself: the registry may want a token of its token server, or the login may have expired. */
async function handleLoginRefusal(
  { error, challenges, sent, scope, isHead }: RefusedRequest,
  credentials: CredentialsSource,
  method: NegotiatedMethod,
  signal: AbortSignal,
): Promise<boolean> {
  if ((await method.negotiate(challenges, scope, signal)) && method.kind() === "token") return true;
  const mayBeExpired = error.status === 401 || saysExpired(error) || (isHead && sent?.startsWith("Basic ") === true);
  if (mayBeExpired && (await isRenewed(credentials, sent, signal))) return true;
  // The next request is anonymous, and negotiates the method again.
  method.set({ kind: "unknown" });
  return false;
}

async function isRenewed(
  credentials: CredentialsSource,
  sent: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const current = await credentials(signal);
  const next = authorizationHeader(current) === sent ? await credentials(signal, current) : current;
  return authorizationHeader(next) !== sent;
}

/**
 * For a request with a token. A 401 means that the token is invalid. A 403 means that at some registries, and a missing permission at
 * others: one retry with a new token shows which.
 */
function createTokenRefusalHandler(method: NegotiatedMethod): RefusalHandler {
  const renewed = new Set<string>();

  async function renew({ challenges, sent, scope }: RefusedRequest, signal: AbortSignal): Promise<boolean> {
    method.forgetToken(sent);
    await method.negotiate(challenges, scope, signal);
    const header = await method.tokenHeader(scope, signal);
    if (header === undefined || header === sent) return false;
    if (renewed.size === MAX_RENEWED) renewed.clear();
    renewed.add(header);
    return true;
  }

  return async (request, signal) => {
    const { error, challenges, sent = "", scope, isHead } = request;
    if (error.status === 401) {
      method.forgetToken(sent);
      if (!(await method.negotiate(challenges, scope, signal))) method.set({ kind: "unknown" });
      return true;
    }
    const mayBeExpired = error.status === 403 || isHead || saysExpired(error);
    // When no new token can be fetched, the refusal itself is the better error.
    return mayBeExpired && !renewed.has(sent) && (await renew(request, signal).catch(() => false));
  };
}

function identityTokenUnusable(error: RegistryError): RegistryError {
  const { side, subject, status } = error;
  const problem =
    "the registry asks for a user and a password, but this login is an identity token, which only a token server accepts; log in with a password";
  return new RegistryError({ side, operation: "get-credentials", subject, status, category: "permanent" }, problem);
}
