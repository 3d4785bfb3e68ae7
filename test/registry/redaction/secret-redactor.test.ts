import { assert, integer, property, string, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { createSecretRedactor } from "../../../src/registry/redaction/secret-redactor.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import type { Got } from "../../fixtures/servers/scripted-server.ts";
import { testSource } from "../../fixtures/registry-client.ts";

const signal = AbortSignal.timeout(600_000);
const PASSWORD = 'p&ss "w0rd"/+ü<1>';
const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** The encodings in which a response may contain a secret. */
const FORMS: readonly (readonly [form: string, write: (secret: string) => string])[] = [
  ["unchanged", (secret) => secret],
  ["encoded for a URL", (secret) => `https://h/?p=${encodeURIComponent(secret)}&x`],
  ["encoded for a URL inside a URL", (secret) => encodeURIComponent(`https://h/?p=${encodeURIComponent(secret)}`)],
  ["encoded for a form", (secret) => new URLSearchParams({ p: secret }).toString()],
  ["escaped for JSON", (secret) => JSON.stringify({ p: secret })],
  ["escaped for JSON inside JSON", (secret) => JSON.stringify({ body: JSON.stringify({ p: secret }) })],
  [
    "escaped for HTML",
    (secret) =>
      secret.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
  ],
  ["in base64", (secret) => base64(secret)],
  ["as a Basic login", (secret) => `Basic ${base64(`user:${secret}`)}`],
  ["in base64 of a document", (secret) => base64(`{"a":"b","token":"x","p":${secret}}`)],
  ["in another case", (secret) => secret.toUpperCase()],
  ["truncated", (secret) => secret.slice(2)],
];

describe("a secret that was sent", () => {
  it.each(FORMS)("is redacted when a response contains it in this form: %s", (_form, write) => {
    const secrets = createSecretRedactor();
    secrets.rememberHeader(`Basic ${base64(`user:${PASSWORD}`)}`);
    const text = `before ${write(PASSWORD)} after`;
    const cut = secrets.redactSecrets(text);
    expect(cut).toMatch(/^before .*\[removed\].* after$/);
    // Only fragments shorter than 12 characters remain.
    const written = write(PASSWORD);
    for (let at = 0; at + 12 <= written.length; at++) {
      const isOurs = !secrets.redactSecrets(written.slice(at, at + 12)).includes(written.slice(at, at + 12));
      expect(isOurs && cut.includes(written.slice(at, at + 12))).toBe(false);
    }
  });

  it("of letters is redacted in any position, whole or as a part of ten characters", () => {
    const letters = string({ unit: "grapheme-ascii", minLength: 10, maxLength: 40 }).filter((text) =>
      /^[\w-]+$/.test(text),
    );
    assert(
      property(tuple(letters, integer({ min: 0, max: 20 })), ([secret, from]) => {
        const secrets = createSecretRedactor();
        secrets.remember(secret);
        const part = secret.slice(Math.min(from, secret.length - 10));
        for (const text of [part, `x${part}y`]) expect(secrets.redactSecrets(`<${text}>`)).not.toContain(part);
        expect(secrets.redactSecrets(`<${base64(`ab${secret}cd`)}>`)).not.toContain(
          base64(`ab${secret}cd`).slice(4, 14),
        );
      }),
    );
  });

  it("leaves other texts unchanged", () => {
    const secrets = createSecretRedactor();
    const text = "manifest unknown to 127.0.0.1:5000/team/app:v1";
    expect(secrets.redactSecrets(text)).toBe(text);
    secrets.rememberHeader("Bearer abcdefghijklmnop");
    secrets.remember("ab");
    expect(secrets.redactSecrets(text)).toBe(text);
  });

  it("is remembered among the most recent ones only, so that a long-running client keeps few", () => {
    const secrets = createSecretRedactor();
    for (let count = 0; count < 40; count++) secrets.remember(`secret number ${count}!`);
    expect(secrets.redactSecrets("secret number 0!")).not.toBe("[removed]");
    expect(secrets.redactSecrets("secret number 39!")).toBe("[removed]");
  });

  it("is remembered while it is sent, however many signed URLs are sent between", () => {
    const secrets = createSecretRedactor();
    const login = `Basic ${Buffer.from("user:the password of mine").toString("base64")}`;
    for (let count = 0; count < 100; count++) {
      secrets.rememberHeader(login);
      secrets.rememberSignedUrl(new URL(`https://bucket.example/blob?X-Amz-Signature=signature-number-${count}`));
    }
    expect(secrets.redactSecrets("the password of mine, signature-number-99")).toBe("[removed], [removed]");
  });
});

describe("an error", () => {
  const digest = digestOf(new Uint8Array([1]));
  const credentials = { kind: "basic", username: "user", password: "hunter2" } as const;
  const SECRETS = /hunter2|aHVudGVyM|token-of-mine|dG9rZW4tb2YtbWluZ/i;

  it.each<[string, (got: Got) => { status: number; headers?: Record<string, string>; body?: string }]>([
    ["words", ({ headers }) => ({ status: 405, body: `${headers.authorization} of user:hunter2` })],
    [
      "a message",
      ({ headers }) => ({
        status: 400,
        body: JSON.stringify({ errors: [{ code: "X", message: `got ${headers.authorization}, "hunter2"` }] }),
      }),
    ],
    ["the name of a host", () => ({ status: 307, headers: { location: "http://hunter2.token-of-mine.example/" } })],
  ])("quotes neither password nor token from %s", async (_where, answer) => {
    await using server = await scriptedServer((got, response) => {
      if (got.url.startsWith("/token")) return void response.end('{"token":"token-of-mine"}');
      const challenge = { "www-authenticate": `Bearer realm="http://${got.headers.host}/token"` };
      if (got.headers.authorization === undefined) return void response.writeHead(401, challenge).end();
      const { status, headers = {}, body = "" } = answer(got);
      response.writeHead(status, headers).end(body);
    });
    await using connections = createConnections();
    const source = testSource({ host: server.host, repository: "a", credentials }, connections);
    const error: unknown = await source.fetchManifest({ digest }, signal).catch((cause: unknown) => cause);
    const said = error instanceof Error ? `${error.message} ${String(error.cause)}` : "no error";
    expect(said).toMatch(/\[removed\]/);
    expect(said).not.toMatch(SECRETS);
  });

  it("quotes no realm with what the registry was sent", async () => {
    await using server = await scriptedServer((_got, response) => {
      response.writeHead(401, { "www-authenticate": 'Bearer realm="/login?as=hunter2"' }).end();
    });
    await using connections = createConnections();
    const place = { host: server.host, repository: "a", credentials, preemptive: true };
    await expect(testSource(place, connections).fetchManifest({ digest }, signal)).rejects.toMatchObject({
      operation: "get-token",
      message: expect.not.stringMatching(SECRETS),
    });
  });
});
