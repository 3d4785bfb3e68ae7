import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { startHttpServer } from "./http-server.ts";
import type { RunningServer } from "./http-server.ts";
import { readBody } from "./read-body.ts";

export interface RunningGoogleTokens extends RunningServer {
  readonly stsUrl: string;
  readonly iamCredentialsUrl: string;
  /** True for a token of the service account that has not expired. */
  verify(token: string): boolean;
  /** A token as `gcloud auth print-access-token` would print it, for people's own clients; good until the end. */
  issue(): string;
}

/** What the pool's provider accepts. */
export interface GoogleTokensOptions {
  readonly audience: string;
  readonly serviceAccount: string;
}

/** The form of a token exchange (RFC 8693) as Google's Security Token Service wants it. */
const Exchange = z.object({
  grant_type: z.literal("urn:ietf:params:oauth:grant-type:token-exchange"),
  audience: z.string(),
  requested_token_type: z.literal("urn:ietf:params:oauth:token-type:access_token"),
  subject_token_type: z.literal("urn:ietf:params:aws:token-type:aws4_request"),
  subject_token: z.string(),
  scope: z.string(),
});

/** The signed GetCallerIdentity request inside a subject token. */
const CallerIdentity = z.object({
  url: z.string().regex(/^https:\/\/sts\.[a-z0-9-]+\.amazonaws\.com\?Action=GetCallerIdentity&Version=2011-06-15$/),
  method: z.literal("POST"),
  headers: z.array(z.object({ key: z.string(), value: z.string() })),
});

const LIFE_MS = 3_600_000;
const EXCHANGED = {
  issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
  token_type: "Bearer",
  expires_in: LIFE_MS / 1_000,
};
const IMPERSONATION = /^\/v1\/projects\/-\/serviceAccounts\/([^/:]+):generateAccessToken$/;

/** Plays Google's token exchange and service-account impersonation (Workload Identity Federation, "AWS"). */
export async function startGoogleTokens(options: GoogleTokensOptions): Promise<RunningGoogleTokens> {
  const federated = new Map<string, number>();
  const access = new Map<string, number>();
  const issue = (into: Map<string, number>, prefix: string, lifeMs = LIFE_MS): string => {
    const token = `${prefix}${randomBytes(24).toString("base64url")}`;
    into.set(token, Date.now() + lifeMs);
    return token;
  };

  async function exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = Exchange.safeParse(Object.fromEntries(new URLSearchParams(await readBody(request))));
    const problem = form.success
      ? identityProblem(form.data, options)
      : `malformed request: ${form.error.issues[0]?.path.join(".")}`;
    if (problem !== undefined) return send(response, 400, { error: "invalid_grant", error_description: problem });
    send(response, 200, { ...EXCHANGED, access_token: issue(federated, "ya29.d.") });
  }

  async function impersonate(request: IncomingMessage, response: ServerResponse, account: string): Promise<void> {
    await readBody(request);
    const bearer = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    if ((federated.get(bearer) ?? 0) < Date.now()) {
      return send(response, 401, { error: { code: 401, message: "Invalid credentials.", status: "UNAUTHENTICATED" } });
    }
    if (account !== options.serviceAccount) {
      const message = `Permission 'iam.serviceAccounts.getAccessToken' denied on ${account} (or it may not exist).`;
      return send(response, 403, { error: { code: 403, message, status: "PERMISSION_DENIED" } });
    }
    send(response, 200, {
      accessToken: issue(access, "ya29.c."),
      expireTime: new Date(Date.now() + LIFE_MS).toISOString(),
    });
  }

  const server = await startHttpServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const account = IMPERSONATION.exec(path)?.[1];
    if (request.method === "POST" && path === "/v1/token") void exchange(request, response);
    else if (request.method === "POST" && account !== undefined)
      void impersonate(request, response, decodeURIComponent(account));
    else send(response, 404, { error: { code: 404, message: "Not found.", status: "NOT_FOUND" } });
  });
  return {
    ...server,
    stsUrl: `http://${server.host}/v1/token`,
    iamCredentialsUrl: `http://${server.host}`,
    verify: (token) => (access.get(token) ?? 0) > Date.now(),
    issue: () => issue(access, "ya29.c.", Number.POSITIVE_INFINITY),
  };
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
  if (!header("authorization")?.startsWith("AWS4-HMAC-SHA256 ")) return "The subject token is not signed.";
  return undefined;
}

function parseSubject(token: string): unknown {
  try {
    return JSON.parse(decodeURIComponent(token));
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
}
