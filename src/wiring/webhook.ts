import { createHostGuard } from "../registry/hosts/host-guard.ts";
import type { Connections } from "../registry/http/connections.ts";

/** The message format of a webhook. */
export type WebhookKind = "slack" | "teams" | "generic";

export interface WebhookOptions {
  readonly kind: WebhookKind;
  /** Reads the URL. It is a secret: never logged, and never part of an error. */
  readonly url: () => Promise<string>;
  /** The hosts that a generic webhook may have. */
  readonly hosts: readonly string[];
  readonly connections: Connections;
  /** Sleeps between attempts, in milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

/** A webhook did not accept a message. The error does not contain its URL. */
export class WebhookError extends Error {
  override readonly name = "WebhookError";
}

const HOSTS: Readonly<Record<Exclude<WebhookKind, "generic">, readonly string[]>> = {
  slack: ["hooks.slack.com", "hooks.slack-gov.com"],
  teams: ["*.webhook.office.com", "*.*.logic.azure.com", "*.*.environment.api.powerplatform.com"],
};
const TRIES = 3;
const ANSWER_MS = 5_000;

/** Posts messages to a webhook: only over HTTPS to the hosts of its kind, without redirects, and with a check of the address on connect. */
export function createWebhook({ kind, url, hosts, connections, pause }: WebhookOptions) {
  const allowed = kind === "generic" ? hosts : HOSTS[kind];
  return async (text: string, about: object): Promise<void> => {
    const target = await readUrl(url);
    // A guard always allows its origin; this one matches no real host, so that only the list counts.
    createHostGuard({ origin: new URL("https://webhook.invalid"), allowedHosts: allowed })(target);
    const body = JSON.stringify(bodyOf(kind, text, about));
    for (let tries = 1; ; tries++) {
      const status = await post(connections, target, body);
      if (status !== undefined && status >= 200 && status < 300) return;
      const isOver = tries === TRIES || (status !== undefined && status < 500 && status !== 429);
      if (isOver) throw new WebhookError(`the webhook answered ${status ?? "nothing"} after ${tries} attempts`);
      await pause(tries * 1_000);
    }
  };
}

async function readUrl(url: () => Promise<string>): Promise<URL> {
  const text = (await url()).trim();
  if (!URL.canParse(text)) throw new WebhookError("the secret contains no URL");
  return new URL(text);
}

/** The status of the response; undefined without one. */
async function post(connections: Connections, target: URL, body: string): Promise<number | undefined> {
  try {
    const { statusCode, body: answer } = await connections.send({
      origin: target.origin,
      path: `${target.pathname}${target.search}`,
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      signal: AbortSignal.timeout(ANSWER_MS),
    }).response;
    await answer.dump();
    return statusCode;
  } catch {
    return undefined;
  }
}

function bodyOf(kind: WebhookKind, text: string, about: object): object {
  if (kind === "slack") return { text: escapeSlack(text) };
  if (kind === "generic") return { text, ...about };
  // An adaptive card, which the workflows of Teams accept.
  const card = {
    type: "AdaptiveCard",
    version: "1.4",
    body: text.split("\n").map((line) => ({ type: "TextBlock", text: escapeMarkdown(line), wrap: true })),
  };
  return {
    type: "message",
    attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", content: card }],
  };
}

/** Slack API, "Formatting message text", "Escaping text": otherwise `<!channel>` notifies the whole channel, and `<URL|text>` is a link. */
function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Text blocks are Markdown (Adaptive Cards, "Text features"): links, emphasis and images would be rendered. */
function escapeMarkdown(line: string): string {
  return line.replace(/[\\`*_~[\]()<>!#|]/g, "\\$&");
}
