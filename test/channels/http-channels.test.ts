import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NEVER } from "../../src/async/abort.ts";
import { escapeMarkdown, escapeSlack, slackBody, teamsBody } from "../../src/channels/chat-formats.ts";
import { createWebhook } from "../../src/channels/http-channels.ts";
import type { WebhookOptions } from "../../src/channels/http-channels.ts";
import { readSigningKeys } from "../../src/channels/webhook-signature.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import type { Delivery, Message } from "../../src/replication/notices/message.ts";
import { scriptedServer } from "../fixtures/servers/scripted-server.ts";
import type { Script } from "../fixtures/servers/scripted-server.ts";

const message: Message = {
  id: "e1/gar/app:v1/end",
  type: "failed",
  at: Date.parse("2026-11-27T20:00:00Z"),
  title: "🔴 app:v1 failed at gar",
  lines: ["reason: target-denied"],
  data: { repository: "app" },
};
const hostile = fc.array(
  fc.constantFrom("<", ">", "&", "!channel", "|", "*", "_", "`", "[", "](", ")", "\\", "~", "a ", "#"),
);
const text = hostile.map((parts) => parts.join(""));

describe("a text in Slack", () => {
  it("is shown as it is: no mention, no link, and nothing lost", () => {
    fc.assert(
      fc.property(text, (line) => {
        const escaped = escapeSlack(line);
        expect(escaped).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
        expect(escaped.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")).toBe(line);
      }),
    );
    expect(slackBody({ ...message, title: "<!channel> <https://evil.test|here>" })).toMatchObject({
      text: "&lt;!channel&gt; &lt;https://evil.test|here&gt;\nreason: target-denied",
      unfurl_links: false,
    });
  });
});

describe("a text in Teams", () => {
  it("is shown as it is: every character of Markdown is escaped, and nothing is lost", () => {
    fc.assert(
      fc.property(text, (line) => {
        const escaped = escapeMarkdown(line);
        // What remains after all escapes has no character with a meaning.
        expect(escaped.replaceAll(/\\[\s\S]/g, "")).not.toMatch(/[\\`*_~[\]()<>!#|]/);
        expect(escaped.replaceAll(/\\([\s\S])/g, "$1")).toBe(line);
      }),
    );
    expect(teamsBody({ ...message, title: "![x](https://evil.test)" })).toMatchObject({
      attachments: [{ content: { body: [{ text: String.raw`\!\[x\]\(https://evil.test\)` }, {}] } }],
    });
  });
});

const KEY = Buffer.alloc(32, 7);
const SECRET = `whsec_${KEY.toString("base64")}`;

/** A webhook in front of a server on this machine. */
async function setUp(script: Script, more: Partial<WebhookOptions> = {}) {
  const server = await scriptedServer(script);
  const connections = createConnections();
  const send = createWebhook({
    url: () => Promise.resolve(`http://${server.host}/hook?token=very-secret\n`),
    hosts: [server.host],
    plainHttp: true,
    signingKeys: undefined,
    connections,
    now: () => 1_000_999,
    ...more,
  });
  return {
    server,
    send,
    async [Symbol.asyncDispose]() {
      await connections.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe("a webhook", () => {
  it("gets type, time, text and the event itself", async () => {
    await using hook = await setUp((_got, response) => void response.writeHead(204).end());
    expect(await hook.send(message, NEVER)).toEqual({ kind: "delivered" });
    const [got] = hook.server.got;
    expect([got?.method, got?.url, got?.headers["content-type"]]).toEqual([
      "POST",
      "/hook?token=very-secret",
      "application/json",
    ]);
    expect(JSON.parse(String(got?.body))).toEqual({
      type: "freightliner.failed",
      timestamp: "2026-11-27T20:00:00.000Z",
      text: "🔴 app:v1 failed at gar\nreason: target-denied",
      data: { repository: "app" },
    });
    expect(got?.headers["webhook-signature"]).toBeUndefined();
  });

  it("can verify who sent it and when, by each of its keys (Standard Webhooks)", async () => {
    const other = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;
    const signingKeys = () => Promise.resolve(`${SECRET}\n${other}\n`);
    await using hook = await setUp((_got, response) => void response.end("ok"), { signingKeys });
    expect(await hook.send(message, NEVER)).toEqual({ kind: "delivered" });
    const [got] = hook.server.got;
    const id = String(got?.headers["webhook-id"]);
    const timestamp = String(got?.headers["webhook-timestamp"]);
    expect(id).toMatch(/^msg_[\w-]{43}$/);
    expect(timestamp).toBe("1000");
    await hook.send(message, NEVER);
    expect(hook.server.got[1]?.headers["webhook-id"]).toBe(id);
    const signatureOf = (key: Buffer) =>
      `v1,${createHmac("sha256", key)
        .update(`${id}.${timestamp}.${String(got?.body)}`)
        .digest("base64")}`;
    expect(String(got?.headers["webhook-signature"]).split(" ")).toEqual([KEY, Buffer.alloc(24, 9)].map(signatureOf));
  });

  it("is not called with a signing secret that is none", async () => {
    const keys = [
      "",
      "secret",
      "whsec_",
      `whsec_${Buffer.alloc(8).toString("base64")}`,
      `${SECRET} secret`,
      "whsec_!!!!",
    ];
    expect(keys.map(readSigningKeys)).toEqual(keys.map(() => undefined));
    await using hook = await setUp((_got, response) => void response.end(), {
      signingKeys: () => Promise.resolve("secret"),
    });
    expect(await hook.send(message, NEVER)).toMatchObject({ kind: "failed" });
    expect(hook.server.got).toEqual([]);
  });

  it.each<[string, Script, Delivery]>([
    [
      "is busy",
      (_got, response) => void response.writeHead(429, { "retry-after": "120" }).end(),
      { kind: "failed", error: "the channel answered 429", afterMs: 120_000 },
    ],
    [
      "fails",
      (_got, response) => void response.writeHead(500).end("x".repeat(200_000)),
      { kind: "failed", error: "the channel answered 500" },
    ],
    [
      "redirects",
      (_got, response) => void response.writeHead(307, { location: "http://127.0.0.1:1/very-secret" }).end(),
      { kind: "failed", error: "the channel answered 307, and redirects are not followed" },
    ],
    [
      "closes the connection",
      (_got, response) => void response.socket?.resetAndDestroy(),
      { kind: "failed", error: "the channel did not answer" },
    ],
  ])("that %s is called once, and its URL is in no error", async (_what, script, expected) => {
    await using hook = await setUp(script);
    expect(await hook.send(message, NEVER)).toEqual(expected);
    expect(hook.server.got).toHaveLength(1);
  });

  it("ends with the invocation, and fails when its secret cannot be read", async () => {
    const ending = new AbortController();
    await using hook = await setUp(() => ending.abort(new Error("the invocation ends")));
    await expect(hook.send(message, ending.signal)).rejects.toThrow("the invocation ends");
    await using unreadable = await setUp((_got, response) => void response.end(), {
      url: () => Promise.reject(new Error("very-secret")),
    });
    expect(await unreadable.send(message, NEVER)).toEqual({
      kind: "failed",
      error: "the secret of the channel cannot be read",
    });
  });
});
