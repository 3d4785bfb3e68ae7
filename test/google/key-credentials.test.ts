import { generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { startGoogleTokens } from "../../local/emulators/google-tokens.ts";
import { LOCAL_AWS } from "../../local/access/local-aws.ts";
import { startSecretsManager } from "../../local/emulators/secrets-manager.ts";
import { createLoginSecretReader } from "../../src/aws/secrets/login-secret.ts";
import { createKeyCredentials } from "../../src/google/key-credentials.ts";
import { scriptedServer } from "../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);
const EMAIL = "freightliner@project.iam.gserviceaccount.com";
const ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:google-key-AbCdEf";

function makeKey(email = EMAIL) {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const file = { type: "service_account", client_email: email, private_key: privateKey, private_key_id: "1" };
  return { publicKey, privateKey, text: JSON.stringify(file) };
}

/** A secret, Google's token endpoint, and credentials made of both. */
async function setUp(text: string, publicKey: string) {
  const secrets = new Map([[ARN, text]]);
  const keys = new Map([[EMAIL, publicKey]]);
  const stack = new AsyncDisposableStack();
  const manager = await startSecretsManager(secrets);
  stack.defer(() => manager.close());
  const tokens = await startGoogleTokens({ audience: "", serviceAccount: "", keys });
  stack.defer(() => tokens.close());
  const client = new SecretsManagerClient({ ...LOCAL_AWS, endpoint: `http://${manager.host}`, maxAttempts: 1 });
  stack.defer(() => client.destroy());
  const open = (changes: { oauthUrl?: string; timeoutMs?: number } = {}) =>
    createKeyCredentials({
      readKey: createLoginSecretReader(client, ARN),
      oauthUrl: tokens.endpoints.oauth,
      ...changes,
    });
  return { secrets, keys, tokens, open, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("credentials of a service-account key", () => {
  it("are an access token from Google for a claim that is signed with the key in the secret", async () => {
    const key = makeKey();
    await using around = await setUp(key.text, key.publicKey);
    const credentials = around.open();
    const [first, second] = await Promise.all([credentials(signal), credentials(signal)]);
    expect(first.kind === "registry-token" && around.tokens.verify(first.token)).toBe(true);
    expect(second).toEqual(first);
  });

  it("use a rotated key as soon as a registry refuses the token of the old one", async () => {
    const [old, fresh] = [makeKey(), makeKey()];
    await using around = await setUp(old.text, old.publicKey);
    const credentials = around.open();
    const refused = await credentials(signal);
    around.keys.set(EMAIL, fresh.publicKey);
    around.secrets.set(ARN, fresh.text);
    const renewed = await credentials(signal, refused);
    expect(renewed).not.toEqual(refused);
    expect(renewed.kind === "registry-token" && around.tokens.verify(renewed.token)).toBe(true);
  });

  it("fail permanently when Google refuses them; the error says what to check and contains nothing of the key", async () => {
    const key = makeKey();
    await using around = await setUp(key.text, makeKey().publicKey);
    const failed = around.open()(signal);
    await expect(failed).rejects.toMatchObject({
      category: "permanent",
      side: "target",
      operation: "get-credentials",
      message: expect.stringMatching(/Invalid JWT Signature.*deleted or disabled/),
    });
    const error: unknown = await failed.catch((caught: unknown) => caught);
    expect(error instanceof Error ? error.message : "").not.toContain(key.privateKey.slice(60, 100));
  });

  it.each([
    ["no JSON", "not json", /it is not JSON/],
    ["another kind of credentials", '{"type":"authorized_user"}', /wrong or missing: type, client_email, private_key/],
    ["nothing", "", /it is not JSON/],
  ])("are refused for a secret that holds %s, and its content is not quoted", async (_case, text, says) => {
    await using around = await setUp(text, makeKey().publicKey);
    await expect(around.open()(signal)).rejects.toMatchObject({
      category: "permanent",
      message: expect.stringMatching(says),
    });
  });

  it("fail without the secret, with its ARN in the error", async () => {
    await using around = await setUp("", makeKey().publicKey);
    around.secrets.delete(ARN);
    await expect(around.open()(signal)).rejects.toMatchObject({
      category: "permanent",
      message: expect.stringMatching(/google-key-AbCdEf.*ResourceNotFoundException.*may read and decrypt it/),
    });
  });

  it("are deferred while Secrets Manager or Google is unavailable", async () => {
    const key = makeKey();
    await using around = await setUp(key.text, key.publicKey);
    await using away = await scriptedServer((_got, response) => void response.writeHead(503).end("{}"));
    const client = new SecretsManagerClient({ ...LOCAL_AWS, endpoint: `http://${away.host}`, maxAttempts: 1 });
    const unread = createKeyCredentials({ readKey: createLoginSecretReader(client, ARN) });
    await expect(unread(signal)).rejects.toMatchObject({ category: "deferred" });
    client.destroy();
    await using slow = await scriptedServer(() => undefined);
    const unanswered = around.open({ oauthUrl: `http://${slow.host}/token`, timeoutMs: 100 });
    await expect(unanswered(signal)).rejects.toMatchObject({ category: "deferred", message: /no token within 0\.1 s/ });
  });

  it("leave nothing of the claim and no control characters in the error and its causes", async () => {
    const key = makeKey();
    await using around = await setUp(key.text, key.publicKey);
    let claim = "";
    await using echo = await scriptedServer(({ body }, response) => {
      claim = new URLSearchParams(body.toString()).get("assertion") ?? "";
      const said = `bad claim ${claim} \u001b[31m\nforged line, Signature=${"0f".repeat(32)}`;
      response.writeHead(400).end(JSON.stringify({ error: "invalid_grant", error_description: said }));
    });
    const failed = around.open({ oauthUrl: `http://${echo.host}/token` })(signal);
    const error: unknown = await failed.catch((caught: unknown) => caught);
    const message = error instanceof Error ? error.message : "";
    expect(message).toContain("bad claim");
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(claim).not.toBe("");
    for (const part of [...claim.split("."), "0f0f0f"]) expect(inspect(error, { depth: 9 })).not.toContain(part);
  });
});
