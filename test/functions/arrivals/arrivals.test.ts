import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { startPubSub } from "../../../local/emulators/pub-sub.ts";
import { createHandler } from "../../../functions/arrivals/handler.ts";
import type { ArrivalsDependencies } from "../../../functions/arrivals/handler.ts";
import { createSharedSecretCheck } from "../../../src/aws/secrets/shared-secret.ts";
import { createPushTokenCheck } from "../../../src/google/push-token.ts";
import type { Forwarded } from "../../../src/replication/arrivals/forwarded.ts";
import { readWebhook } from "../../../src/replication/arrivals/webhook.ts";
import { createObserved } from "../observer.ts";

const signal = AbortSignal.timeout(600_000);
const SECRET = "correct-horse";

function call(body: string, { method = "POST", headers = {}, token = "" } = {}) {
  return {
    version: "2.0",
    headers,
    queryStringParameters: token === "" ? undefined : { token },
    requestContext: { requestId: "r", http: { method } },
    body,
    isBase64Encoded: false,
  };
}

function setUp(overrides: Partial<ArrivalsDependencies> = {}) {
  const forwarded: Forwarded[] = [];
  const observer = createObserved();
  const handle = createHandler({
    isAuthentic: createSharedSecretCheck(() => Promise.resolve(`${SECRET}\n`), Date.now),
    read: (body, { id, headers }) => readWebhook({ body, id, headers }, "quay", { registry: "quay.io" }, 1_000),
    forward: (event) => Promise.resolve(void forwarded.push(event)),
    observer,
    ...overrides,
  });
  return { forwarded, observer, handle: (event: unknown) => handle(event, signal) };
}

const push = JSON.stringify({ repository: "team/app", updated_tags: ["v1", "v2"] });
const basic = (password: string): string => `Basic ${Buffer.from(`user:${password}`).toString("base64")}`;
const hmac = (key: string): string => `sha256=${createHmac("sha256", key).update(push).digest("hex")}`;

describe("a notification", () => {
  it.each<[string, Parameters<typeof call>[1]]>([
    ["a bearer token", { headers: { authorization: `Bearer ${SECRET}` } }],
    ["the whole header", { headers: { authorization: SECRET } }],
    ["a password", { headers: { authorization: basic(SECRET) } }],
    ["a signature of its body", { headers: { "x-hub-signature-256": hmac(SECRET) } }],
    ["the secret in the URL", { token: SECRET }],
  ])("with %s invokes the fan-out function once per push", async (_what, given) => {
    const { handle, forwarded } = setUp();
    expect(await handle(call(push, given))).toEqual({ statusCode: 204 });
    expect(forwarded.map(({ event }) => event)).toMatchObject([
      { kind: "pushed", pushed: { repository: "team/app", reference: "v1" } },
      { kind: "pushed", pushed: { repository: "team/app", reference: "v2" } },
    ]);
  });

  it.each<[string, Parameters<typeof call>[1]]>([
    ["nothing", {}],
    ["another token", { headers: { authorization: "Bearer wrong" } }],
    ["another password", { headers: { authorization: basic("wrong") } }],
    ["a signature by another key", { headers: { "x-hub-signature-256": hmac("wrong") } }],
    ["an empty secret in the URL", { token: "" }],
  ])("that proves %s is refused, and invokes nothing", async (_what, given) => {
    const { handle, forwarded } = setUp();
    expect(await handle(call(push, given))).toEqual({ statusCode: 401 });
    expect(forwarded).toEqual([]);
    const open = setUp({ isAuthentic: createSharedSecretCheck(() => Promise.resolve(""), Date.now) });
    expect(await open.handle(call(push, { headers: { authorization: "" } }))).toEqual({ statusCode: 401 });
  });

  it("with a secret that has been replaced is accepted, and wrong ones do not have it read each time", async () => {
    let [secret, reads, now] = ["old", 0, 0];
    const readSecret = (): Promise<string> => {
      reads++;
      return Promise.resolve(secret);
    };
    const { handle } = setUp({ isAuthentic: createSharedSecretCheck(readSecret, () => now) });
    const answer = async (token: string) => (await handle(call(push, { token }))).statusCode;
    expect([await answer("old"), await answer("bad"), await answer("bad"), reads]).toEqual([204, 401, 401, 1]);
    secret = "new";
    now = 31_000;
    expect([await answer("new"), await answer("bad"), reads]).toEqual([204, 401, 2]);
  });

  it("that is unreadable ends with a receipt: it is forwarded, and not sent again", async () => {
    const { handle, forwarded } = setUp();
    expect(await handle(call("no JSON", { token: SECRET }))).toEqual({ statusCode: 204 });
    expect(forwarded).toMatchObject([{ event: { kind: "malformed", id: "r" } }]);
  });

  it("is answered with an error when Lambda does not accept its event: the sender sends it again", async () => {
    const { handle } = setUp({ forward: () => Promise.reject(new Error("throttled")) });
    await expect(handle(call(push, { token: SECRET }))).rejects.toThrow("throttled");
  });

  it("that is no POST, or too large, is refused before its sender is asked", async () => {
    const { handle } = setUp({ isAuthentic: () => Promise.reject(new Error("asked")) });
    expect(await handle(call(push, { method: "GET" }))).toEqual({ statusCode: 405 });
    expect(await handle(call("x".repeat(1_000_001)))).toEqual({ statusCode: 413 });
  });
});

describe("a token of Pub/Sub", () => {
  it("is accepted by signature, issuer, audience, time and service account; any other one is not", async () => {
    await using closing = new AsyncDisposableStack();
    const [pubSub, stranger] = [await startPubSub(), await startPubSub()];
    for (const each of [pubSub, stranger]) closing.defer(() => each.close());
    const subscription = { serviceAccount: "push@p.iam.gserviceaccount.com", audience: "freightliner" };
    const isValid = createPushTokenCheck({ ...subscription, keysUrl: pubSub.keysUrl });
    expect(await isValid(pubSub.token(subscription), signal)).toBe(true);
    const hour = Math.floor(Date.now() / 1_000) - 7_200;
    const wrong = [
      stranger.token(subscription),
      pubSub.token(subscription, { iss: "https://evil.example" }),
      pubSub.token({ ...subscription, audience: "another" }),
      pubSub.token({ ...subscription, serviceAccount: "other@p.iam.gserviceaccount.com" }),
      pubSub.token(subscription, { email_verified: false }),
      pubSub.token(subscription, { iat: hour, exp: hour + 3_600 }),
      "",
      "a.b.c",
    ];
    for (const token of wrong) expect([token, await isValid(token, signal)]).toEqual([token, false]);
  });

  it("is not called wrong when Google's keys cannot be read: Pub/Sub pushes the message again", async () => {
    const subscription = { serviceAccount: "push@p.iam.gserviceaccount.com", audience: "freightliner" };
    const isValid = createPushTokenCheck({ ...subscription, keysUrl: "http://127.0.0.1:1/" });
    await expect(isValid("a.b.c", signal)).rejects.toThrow();
  });
});
