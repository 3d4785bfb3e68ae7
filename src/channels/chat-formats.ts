import { plainText } from "../replication/notices/message.ts";
import type { Message } from "../replication/notices/message.ts";

/** The body for an incoming webhook of Slack. Its text is shown as it is. */
export function slackBody(message: Message): object {
  return { text: escapeSlack(plainText(message)), unfurl_links: false, unfurl_media: false };
}

/** The body for a workflow of Teams: an adaptive card. Its text is shown as it is. */
export function teamsBody({ title, lines }: Message): object {
  const block = (text: string) => ({ type: "TextBlock", text: escapeMarkdown(text), wrap: true });
  const content = {
    type: "AdaptiveCard",
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    version: "1.4",
    body: [{ ...block(title), weight: "Bolder" }, ...lines.map(block)],
  };
  return {
    type: "message",
    attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", content }],
  };
}

/** Slack API, "Formatting message text", "Escaping text": otherwise `<!channel>` notifies the whole channel, and `<URL|text>` is a link. */
export function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Text blocks are Markdown (Adaptive Cards, "Text features"): links, emphasis and images would be rendered. */
export function escapeMarkdown(line: string): string {
  return line.replace(/[\\`*_~[\]()<>!#|]/g, String.raw`\$&`);
}
