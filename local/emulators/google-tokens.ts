import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { isSignedWithKey, TEST_KEY } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import type { RunningServer } from "../../src/loopback/http-server.ts";
import { readBody } from "../http/read-body.ts";
import { GOOGLE_JSON, sendJson } from "../http/send-json.ts";
import { claimProblem } from "../access/signed-claim.ts";
import { createTokenStore } from "../access/token-store.ts";
import type { TokenStore } from "../access/token-store.ts";

export interface RunningGoogleTokens extends RunningServer {
  readonly endpoints: { readonly [service in "sts" | "iamCredentials" | "oauth"]: string };
  /** True for a token of the service account that has not expired. */
  verify(token: string): boolean;
  /** Refuses every token that was exchanged so far. */
  revoke(): void;
  /** A token as `gcloud auth print-access-token` prints it, for the user's own clients; it does not expire. */
  issue(): string;
}

/** What the pool's provider accepts. */
export interface GoogleTokensOptions {
  readonly audience: string;
  readonly serviceAccount: string;
  /** The AWS access key of the role that the provider trusts. */
  readonly awsKey?: AccessKeyId;
  /** Public keys (PEM) of service accounts by e-mail; a removed key is refused from then on. */
  readonly keys?: ReadonlyMap<string, string>;
}

/** The form of a token exchange (RFC 8693) that Google's Security Token Service requires. */
const Exchange = z.object({
  grant_type: z.literal("urn:ietf:params:oauth:grant-type:token-exchange"),
  audience: z.string(),
  requested_token_type: z.literal("urn:ietf:params:oauth:token-type:access_token"),
  subject_token_type: z.literal("urn:ietf:params:aws:token-type:aws4_request"),
  subject_token: z.string(),
  scope: z.string(),
});

/** The form of a token request with a signed claim (RFC 7523, section 2.1). */
const Signed = z.object({
  grant_type: z.literal("urn:ietf:params:oauth:grant-type:jwt-bearer"),
  assertion: z.string(),
});

/** The signed GetCallerIdentity request inside a subject token. */
const CallerIdentity = z.object({
  url: z.string().regex(/^https:\/\/sts\.[a-z0-9-]+\.amazonaws\.com\?Action=GetCallerIdentity&Version=2011-06-15$/),
  method: z.literal("POST"),
  headers: z.array(z.object({ key: z.string(), value: z.string() })),
});

const NO_KEYS: ReadonlyMap<string, string> = new Map();
const LIFE_MS = 3_600_000;
const EXCHANGED = {
  issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
  token_type: "Bearer",
  expires_in: LIFE_MS / 1_000,
};
const IMPERSONATION = /^\/v1\/projects\/-\/serviceAccounts\/([^/:]+):generateAccessToken$/;

/**
 * Emulates Google's token exchange, service-account impersonation (Workload Identity Federation, "AWS") and tokens for
 * keys.
 */
export async function startGoogleTokens(options: GoogleTokensOptions): Promise<RunningGoogleTokens> {
  const [federated, access] = [createTokenStore("ya29.d."), createTokenStore("ya29.c.")];
  const server = await startHttpServer((request, response) =>
    respond(response, answer(request, { options, federated, access })),
  );
  return {
    ...server,
    endpoints: {
      sts: `http://${server.host}/v1/token`,
      iamCredentials: `http://${server.host}`,
      oauth: `http://${server.host}/token`,
    },
    verify: (token) => access.verify(token),
    revoke: () => access.revoke(),
    issue: () => access.issue(Number.POSITIVE_INFINITY),
  };
}

interface Parts {
  readonly options: GoogleTokensOptions;
  /** Tokens of the pool's principals, and tokens that registries accept. */
  readonly federated: TokenStore;
  readonly access: TokenStore;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

async function respond(response: ServerResponse, answered: Promise<Answer>): Promise<void> {
  const { status, body } = await answered;
  sendJson(response, status, body, GOOGLE_JSON);
}

async function answer(request: IncomingMessage, parts: Parts): Promise<Answer> {
  const body = await readBody(request);
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  const account = IMPERSONATION.exec(path)?.[1];
  if (request.method === "POST" && path === "/v1/token") return exchange(body, parts);
  if (request.method === "POST" && path === "/token") return tokenForClaim(body, parts);
  if (request.method === "POST" && account !== undefined) {
    return impersonate(request.headers.authorization ?? "", decodeURIComponent(account), parts);
  }
  return refusal(404, "NOT_FOUND", "Not found.");
}

function exchange(body: string, { options, federated }: Parts): Answer {
  const form = Exchange.safeParse(Object.fromEntries(new URLSearchParams(body)));
  const problem = form.success
    ? identityProblem(form.data, options)
    : `malformed request: ${form.error.issues[0]?.path.join(".")}`;
  if (problem !== undefined) return badGrant(problem);
  return { status: 200, body: { ...EXCHANGED, access_token: federated.issue(LIFE_MS) } };
}

function impersonate(authorization: string, account: string, { options, federated, access }: Parts): Answer {
  if (!federated.verify(authorization.replace(/^Bearer /, ""))) {
    return refusal(401, "UNAUTHENTICATED", "Invalid credentials.");
  }
  if (account !== options.serviceAccount) {
    const message = `Permission 'iam.serviceAccounts.getAccessToken' denied on ${account} (or it may not exist).`;
    return refusal(403, "PERMISSION_DENIED", message);
  }
  const expireTime = new Date(Date.now() + LIFE_MS).toISOString();
  return { status: 200, body: { accessToken: access.issue(LIFE_MS), expireTime } };
}

function tokenForClaim(body: string, { options, access }: Parts): Answer {
  const form = Signed.safeParse(Object.fromEntries(new URLSearchParams(body))).data;
  const problem = form === undefined ? "malformed request" : claimProblem(form.assertion, options.keys ?? NO_KEYS);
  if (problem !== undefined) return badGrant(problem);
  const token = { access_token: access.issue(LIFE_MS), expires_in: LIFE_MS / 1_000, token_type: "Bearer" };
  return { status: 200, body: token };
}

function badGrant(error_description: string): Answer {
  return { status: 400, body: { error: "invalid_grant", error_description } };
}

function refusal(code: number, status: string, message: string): Answer {
  return { status: code, body: { error: { code, message, status } } };
}

/** Why an exchange is refused, in Google's words where they are known. */
function identityProblem(
  { audience, subject_token }: z.infer<typeof Exchange>,
  options: GoogleTokensOptions,
): string | undefined {
  if (audience !== options.audience) return `Invalid value for "audience". ${audience} is no provider of this pool.`;
  const identity = CallerIdentity.safeParse(parseSubject(subject_token)).data;
  if (identity === undefined) return "Unable to parse the subject token.";
  const header = (name: string): string | undefined =>
    identity.headers.find(({ key }) => key.toLowerCase() === name)?.value;
  if (header("x-goog-cloud-target-resource") !== audience) return "The subject token is signed for another audience.";
  if (!isSignedWithKey(header("authorization") ?? "", options.awsKey ?? TEST_KEY)) {
    return "The subject token is not signed by a caller that AWS knows.";
  }
  return undefined;
}

function parseSubject(token: string): unknown {
  try {
    return JSON.parse(decodeURIComponent(token));
  } catch {
    return undefined;
  }
}
