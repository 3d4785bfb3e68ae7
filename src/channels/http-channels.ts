import type { Connections } from "../registry/http/connections.ts";
import { slackBody, teamsBody } from "./chat-formats.ts";
import { plainText } from "../replication/notices/message.ts";
import type { Delivery, Message, SendMessage } from "../replication/notices/message.ts";
import { post } from "./post.ts";
import { readSigningKeys, signatureHeaders } from "./webhook-signature.ts";

/** Reads a secret as it is now. */
type ReadSecret = (signal: AbortSignal) => Promise<string>;

export interface HttpChannelOptions {
  /** Reads the URL: not cached, so that a replaced one takes effect at once. */
  readonly url: ReadSecret;
  readonly connections: Pick<Connections, "send">;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export interface WebhookOptions extends HttpChannelOptions {
  readonly hosts: readonly string[];
  readonly plainHttp: boolean;
  /** Reads the keys that sign; undefined: messages are not signed. */
  readonly signingKeys: ReadSecret | undefined;
}

/** The hosts of incoming webhooks: of Slack, and of workflows and connectors of Teams. */
const HOSTS = {
  slack: ["hooks.slack.com", "hooks.slack-gov.com"],
  teams: ["*.webhook.office.com", "*.*.logic.azure.com", "*.*.environment.api.powerplatform.com"],
} as const;

/** A chat room of Slack or Teams. */
export function createChatChannel(kind: keyof typeof HOSTS, options: HttpChannelOptions): SendMessage {
  const bodyOf = kind === "slack" ? slackBody : teamsBody;
  return async (message, signal) => {
    const url = await readSecret(options.url, signal);
    if (url === undefined) return UNREADABLE;
    const posted = { body: JSON.stringify(bodyOf(message)), headers: {} };
    const address = { url, hosts: HOSTS[kind], plainHttp: false };
    return post(options.connections, address, posted, { signal, now: options.now });
  };
}

/** A server that receives JSON, signed if it has a key (Standard Webhooks). */
export function createWebhook({ hosts, plainHttp, signingKeys, ...options }: WebhookOptions): SendMessage {
  return async (message, signal) => {
    const url = await readSecret(options.url, signal);
    const secret = signingKeys === undefined ? "" : await readSecret(signingKeys, signal);
    if (url === undefined || secret === undefined) return UNREADABLE;
    const keys = signingKeys === undefined ? [] : readSigningKeys(secret);
    if (keys === undefined) return { kind: "failed", error: NO_KEYS };
    const body = webhookBody(message);
    const posted = { body, headers: signatureHeaders(message.id, body, keys, options.now()) };
    return post(options.connections, { url, hosts, plainHttp }, posted, { signal, now: options.now });
  };
}

const NO_KEYS = "the signing secret is not `whsec_` and 24 to 64 bytes in base64";
const UNREADABLE: Delivery = { kind: "failed", error: "the secret of the channel cannot be read" };

/** Standard Webhooks, "Payload Structure"; `text` is for chat rooms that show it. */
function webhookBody(message: Message): string {
  return JSON.stringify({
    type: `freightliner.${message.type}`,
    timestamp: new Date(message.at).toISOString(),
    text: plainText(message),
    data: message.data,
  });
}

/** The secret; undefined when it cannot be read. @throws the signal's reason. */
async function readSecret(read: ReadSecret, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await read(signal);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
