import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { requireKey, TEST_KEY } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import { readBody } from "../http/read-body.ts";
import { sendJson } from "../http/send-json.ts";

export interface AppConfigDataOptions {
  readonly application: string;
  readonly environment: string;
  readonly profile: string;
  /** The interval between polls that every session gets instead of the one it requires, in seconds. */
  readonly pollSeconds?: number | undefined;
  /** The access key to accept. */
  readonly key?: AccessKeyId;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** A hosted configuration version that is deployed. */
export interface DeployedDocument {
  readonly content: string;
  readonly label?: string;
}

/** AWS AppConfig's data plane on this machine, with one profile. */
export interface RunningAppConfigData {
  readonly endpoint: string;
  /** Completes a deployment: every session gets this version at its next poll. */
  deploy(document: DeployedDocument): void;
  /** Requests so far. */
  readonly counts: { readonly sessions: number; readonly polls: number };
  close(): Promise<void>;
}

const StartSession = z.object({
  ApplicationIdentifier: z.string().min(1),
  EnvironmentIdentifier: z.string().min(1),
  ConfigurationProfileIdentifier: z.string().min(1),
  RequiredMinimumPollIntervalInSeconds: z.int().min(15).max(86_400).optional(),
});

interface Session {
  readonly seconds: number;
  /** The version that the client has. */
  version: number;
  nextAt: number;
}

/** A token is valid for 24 hours. */
const TOKEN_MS = 86_400_000;
/** The interval of a session that requires none, in seconds. */
const DEFAULT_SECONDS = 60;
type Problem = "Corrupted" | "Expired" | "PollIntervalNotSatisfied";

/**
 * Plays StartConfigurationSession and GetLatestConfiguration (AppConfig API reference; restJson1). Each response has the token of the next
 * poll, a token is good for one call, and a response is empty when the session has the version already. A poll before the end of the
 * interval is refused, and so is an unknown, used or expired token: BadRequestException, with the problem of the parameter
 * ConfigurationToken.
 */
export async function startAppConfigData(options: AppConfigDataOptions): Promise<RunningAppConfigData> {
  const { pollSeconds, now = Date.now } = options;
  const tokens = createTokens(now);
  const counts = { sessions: 0, polls: 0 };
  let deployed: DeployedDocument & { readonly version: number } = { content: "{}", version: 1 };

  async function start(request: IncomingMessage, response: ServerResponse): Promise<void> {
    counts.sessions++;
    const { data } = StartSession.safeParse(JSON.parse(await readBody(request)));
    if (data === undefined) return refuse(response, 400, "BadRequestException", { Reason: "InvalidParameters" });
    if (!isProfile(data, options)) {
      return refuse(response, 404, "ResourceNotFoundException", { ResourceType: "ConfigurationProfile" });
    }
    const seconds = pollSeconds ?? data.RequiredMinimumPollIntervalInSeconds ?? DEFAULT_SECONDS;
    sendJson(response, 201, { InitialConfigurationToken: tokens.issue({ seconds, version: 0, nextAt: 0 }) });
  }

  function poll(token: string, response: ServerResponse): void {
    counts.polls++;
    const session = tokens.take(token);
    if (typeof session === "string") return refuseToken(response, session);
    const isNew = session.version !== deployed.version;
    session.version = deployed.version;
    session.nextAt = now() + session.seconds * 1_000;
    response.writeHead(200, {
      "next-poll-configuration-token": tokens.issue(session),
      "next-poll-interval-in-seconds": String(session.seconds),
      "content-type": "application/octet-stream",
      ...(isNew && deployed.label !== undefined ? { "version-label": deployed.label } : {}),
    });
    response.end(isNew ? deployed.content : "");
  }

  const server = await startHttpServer(
    requireKey(options.key ?? TEST_KEY, async (request, response) => {
      const url = new URL(request.url ?? "/", "http://localhost");
      const call = `${request.method} ${url.pathname}`;
      if (call === "POST /configurationsessions") return start(request, response);
      if (call === "GET /configuration") return poll(url.searchParams.get("configuration_token") ?? "", response);
      return refuse(response, 404, "ResourceNotFoundException", {});
    }),
  );
  return {
    endpoint: `http://${server.host}`,
    deploy: (document) => void (deployed = { ...document, version: deployed.version + 1 }),
    counts,
    close: () => server.close(),
  };
}

function isProfile(asked: z.infer<typeof StartSession>, { application, environment, profile }: AppConfigDataOptions) {
  const { ApplicationIdentifier, EnvironmentIdentifier, ConfigurationProfileIdentifier } = asked;
  return (
    ApplicationIdentifier === application &&
    EnvironmentIdentifier === environment &&
    ConfigurationProfileIdentifier === profile
  );
}

/** Tokens of sessions. Taking one returns its session, or why it is refused; only a good one is used up. */
function createTokens(now: () => number) {
  const known = new Map<string, { readonly session: Session; readonly until: number }>();
  return {
    issue(session: Session): string {
      const token = randomUUID();
      known.set(token, { session, until: now() + TOKEN_MS });
      return token;
    },
    take(token: string): Session | Problem {
      const found = known.get(token);
      if (found === undefined) return "Corrupted";
      if (now() > found.until) return "Expired";
      if (now() < found.session.nextAt) return "PollIntervalNotSatisfied";
      known.delete(token);
      return found.session;
    },
  };
}

function refuseToken(response: ServerResponse, Problem: Problem): void {
  const Details = { InvalidParameters: { ConfigurationToken: { Problem } } };
  refuse(response, 400, "BadRequestException", { Reason: "InvalidParameters", Details });
}

/** Clients know errors by this header (Smithy, AWS restJson1 protocol). */
function refuse(response: ServerResponse, status: number, type: string, about: object): void {
  response.setHeader("x-amzn-errortype", type);
  sendJson(response, status, { Message: type, ...about });
}
