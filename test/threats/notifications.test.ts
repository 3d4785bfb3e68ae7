import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { NEVER } from "../../src/async/abort.ts";
import { slackBody, teamsBody } from "../../src/channels/chat-formats.ts";
import { createChatChannel, createWebhook } from "../../src/channels/http-channels.ts";
import type { WebhookOptions } from "../../src/channels/http-channels.ts";
import type { Message } from "../../src/replication/notices/message.ts";
import { pushNotice } from "../../src/replication/notices/push-notice.ts";
import { EventDetail } from "../../src/replication/pending/announcement.ts";
import { answeringConnections } from "../fixtures/servers/answering-connections.ts";
import { streamBody } from "../fixtures/servers/stream-body.ts";

/** What a hostile registry could answer, and a hostile team could name its image. */
const EVIL =
  "<!channel> <https://evil.test|log in> ![x](https://evil.test/p.png) <at>all</at> \u202e\u001b[31m\n🟢 all is well";

const notice = pushNotice(
  EventDetail.parse({
    version: 1,
    id: "e1/gar/app:v1/end",
    type: "Failed",
    destination: "gar",
    repository: "app",
    reference: "v1",
    request: "e1",
    at: "2026-11-27T20:00:00.000Z",
    lagSeconds: 1,
    stack: "images",
    reason: "target-denied",
    error: EVIL,
  }),
);
const { id = "", kind = "failed", at = 0, title = "", lines = [] } = notice ?? {};
const message: Message = { id, type: kind, at, title, lines, data: {} };

/** A channel whose requests are answered without a network. */
function elsewhere(kinds: "slack" | "teams" | "webhook", url: string, more: Partial<WebhookOptions> = {}) {
  const called: string[] = [];
  const connections = answeringConnections(({ origin, path }) => {
    called.push(`${origin}${path}`);
    return Promise.resolve({ statusCode: 200, headers: {}, body: streamBody(Readable.from([])) });
  });
  const common = { url: () => Promise.resolve(url), connections, now: () => 0 };
  const own = { hosts: ["hooks.example.com"], plainHttp: false, signingKeys: undefined, ...more };
  const send = kinds === "webhook" ? createWebhook({ ...common, ...own }) : createChatChannel(kinds, common);
  return { send, called };
}

describe("T39: a notification that mentions people, shows a link or a forged line, or goes elsewhere", () => {
  it("shows the error of a registry as one line of text, in each chat", () => {
    expect(lines).toHaveLength(4);
    expect(lines.join("")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(JSON.stringify(slackBody(message))).not.toMatch(/[<>]/);
    const shown = JSON.stringify(teamsBody(message));
    expect(shown).not.toMatch(/(?<!\\\\)[<>]|\]\(/);
    expect(shown).toContain(String.raw`\\<at\\>all`);
  });

  it.each([
    ["slack", "https://hooks.slack.com/services/T0/B0/x"],
    ["teams", "https://prod-01.westeurope.logic.azure.com/workflows/x?sig=y"],
    ["webhook", "https://hooks.example.com/x"],
  ] as const)("goes to the hosts of %s: %s", async (kinds, url) => {
    const { send, called } = elsewhere(kinds, url);
    expect(await send(message, NEVER)).toEqual({ kind: "delivered" });
    expect(called).toEqual([url]);
  });

  it.each([
    ["slack", "http://hooks.slack.com/services/very-secret"],
    ["slack", "https://hooks.slack.com.evil.test/very-secret"],
    ["slack", "https://evil.test/hooks.slack.com/very-secret"],
    ["slack", "https://user:very-secret@hooks.slack.com/x"],
    ["teams", "https://169.254.169.254/latest/meta-data?very-secret"],
    ["webhook", "https://127.0.0.1:9001/2018-06-01/runtime?very-secret"],
    ["webhook", "https://not-listed.example.com/very-secret"],
    ["webhook", "http://hooks.example.com/very-secret"],
    ["slack", "very-secret"],
  ] as const)("never goes from %s to %s, and does not say the URL", async (kinds, url) => {
    const { send, called } = elsewhere(kinds, url);
    const delivery = await send(message, NEVER);
    expect(delivery.kind).toBe("failed");
    expect(JSON.stringify(delivery)).not.toContain("very-secret");
    expect(called).toEqual([]);
  });

  it("never goes to an address by a pattern, nor by plain HTTP beyond this machine", async () => {
    for (const url of ["https://169.254.169.254/x", "https://[fd00:ec2::254]/x", "http://hooks.example.com/x"]) {
      const { send, called } = elsewhere("webhook", url, { hosts: ["*.*.*.*", "*.*.*"], plainHttp: true });
      expect((await send(message, NEVER)).kind).toBe("failed");
      expect(called).toEqual([]);
    }
  });
});
