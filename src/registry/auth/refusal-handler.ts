import { RegistryError } from "../../oci/errors/registry-error.ts";
import { authorizationHeader } from "./credentials.ts";
import type { CredentialsSource } from "./credentials.ts";
import type { NegotiatedMethod } from "./negotiated-method.ts";
import { saysExpired } from "./refused-request.ts";
import type { RefusedRequest } from "./refused-request.ts";

/** Looks for something new to send after a refusal; true when there is. */
export type RefusalHandler = (request: RefusedRequest, signal: AbortSignal) => Promise<boolean>;

/** Tokens that are remembered as fetched after a refusal. */
const REMEMBERED = 16;

export function createRefusalHandler(credentials: CredentialsSource, known: NegotiatedMethod): RefusalHandler {
  const tokenRefused = createTokenRefusalHandler(known);
  return async (request, signal) => {
    if (request.sent === undefined) return handleAnonymousRefusal(request, credentials, known, signal);
    const { kind } = await credentials(signal);
    const isToken = kind !== "registry-token" && request.sent.startsWith("Bearer ");
    return isToken ? tokenRefused(request, signal) : handleLoginRefusal(request, credentials, known, signal);
  };
}

/** Nothing was sent: the challenge says what is wanted, and where it says nothing, a password is what most want. */
async function handleAnonymousRefusal(
  { error, challenges, scope }: RefusedRequest,
  credentials: CredentialsSource,
  known: NegotiatedMethod,
  signal: AbortSignal,
): Promise<boolean> {
  // Another request may have learned it meanwhile.
  if ((await known.negotiate(challenges, scope, signal)) || known.kind() !== "unknown") return true;
  const { kind } = await credentials(signal);
  if (kind === "identity-token" && challenges.length > 0) throw noUseOfIdentityToken(error);
  if (kind !== "basic" || error.status === 400) return false;
  known.set({ kind: "basic" });
  return true;
}

/** The login itself was sent: it may be the wrong thing to send (a Bearer challenge), or too old. */
async function handleLoginRefusal(
  { error, challenges, sent, scope, isSilent }: RefusedRequest,
  credentials: CredentialsSource,
  known: NegotiatedMethod,
  signal: AbortSignal,
): Promise<boolean> {
  if ((await known.negotiate(challenges, scope, signal)) && known.kind() === "token") return true;
  const mayBeExpired = error.status === 401 || saysExpired(error) || (isSilent && sent?.startsWith("Basic ") === true);
  if (mayBeExpired && (await isRenewed(credentials, sent, signal))) return true;
  // Whatever made us send it, the next request asks again.
  known.set({ kind: "unknown" });
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
 * A token was sent. 401 says that it is not good (any more). 403 says so too at some registries, and that we may not at others: one
 * more token finds out, once.
 */
function createTokenRefusalHandler(known: NegotiatedMethod): RefusalHandler {
  const renewed = new Set<string>();

  async function renew({ challenges, sent, scope }: RefusedRequest, signal: AbortSignal): Promise<boolean> {
    known.forgetToken(sent);
    await known.negotiate(challenges, scope, signal);
    const header = await known.tokenHeader(scope, signal);
    if (header === undefined || header === sent) return false;
    if (renewed.size === REMEMBERED) renewed.clear();
    renewed.add(header);
    return true;
  }

  return async (request, signal) => {
    const { error, challenges, sent = "", scope, isSilent } = request;
    if (error.status === 401) {
      known.forgetToken(sent);
      if (!(await known.negotiate(challenges, scope, signal))) known.set({ kind: "unknown" });
      return true;
    }
    const mayBeExpired = error.status === 403 || isSilent || saysExpired(error);
    // Where no other token is to be had, the refusal is what there is to say.
    return mayBeExpired && !renewed.has(sent) && (await renew(request, signal).catch(() => false));
  };
}

function noUseOfIdentityToken(error: RegistryError): RegistryError {
  const { side, subject, status } = error;
  const problem =
    "the registry asks for a user and a password, and this login is an identity token, which only a token server takes; log in with a password";
  return new RegistryError({ side, operation: "get-credentials", subject, status, category: "permanent" }, problem);
}
