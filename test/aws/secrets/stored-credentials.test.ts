import { describe, expect, it } from "vitest";
import { createStoredCredentials } from "../../../src/aws/secrets/stored-credentials.ts";

const ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:harbor-AbCdEf";
const { signal } = new AbortController();
const LOGIN = '{"username":"robot$a","password":"p:w"}';

/** A secret that can be changed, with a clock of its own; `reads` counts. */
function createSecret(text: string) {
  const secret = { text, reads: 0, now: 0 };
  const credentials = createStoredCredentials({
    arn: ARN,
    read() {
      secret.reads++;
      return Promise.resolve(secret.text);
    },
    now: () => secret.now,
  });
  return { secret, credentials };
}

describe("a stored login", () => {
  it("is a user and password, a token, or an identity token", async () => {
    expect(await createSecret(LOGIN).credentials(signal)).toEqual({
      kind: "basic",
      username: "robot$a",
      password: "p:w",
    });
    const token = await createSecret('{"token":"t"}').credentials(signal);
    expect(token).toEqual({ kind: "registry-token", token: "t" });
    const exchanged = await createSecret('{"identityToken":"t"}').credentials(signal);
    expect(exchanged).toEqual({ kind: "identity-token", token: "t" });
  });

  it("is read once for many requests, and again after an hour", async () => {
    const { secret, credentials } = createSecret(LOGIN);
    await Promise.all(Array.from({ length: 10 }, () => credentials(signal)));
    expect(secret.reads).toBe(1);
    secret.now = 3_600_000;
    await credentials(signal);
    expect(secret.reads).toBe(2);
  });

  it("is read again immediately when the registry refuses it", async () => {
    const { secret, credentials } = createSecret(LOGIN);
    const refused = await credentials(signal);
    secret.text = '{"username":"robot$a","password":"new"}';
    expect(await credentials(signal, refused)).toMatchObject({ password: "new" });
    expect(await credentials(signal, refused)).toMatchObject({ password: "new" });
    expect(secret.reads).toBe(2);
  });

  it.each([
    ["no JSON", "hunter2"],
    ["nothing", ""],
    ["null", "null"],
    ["an empty password", '{"username":"hunter2","password":""}'],
    ["a service account's key", '{"type":"service_account","private_key":"hunter2"}'],
    ["a login beside something else", '{"username":"hunter2","password":"p","host":"h"}'],
    ["both forms", '{"username":"hunter2","password":"p","token":"t"}'],
  ])("is refused for good when the secret holds %s, and nothing of it is quoted", async (_, text) => {
    const failure: unknown = await createSecret(text)
      .credentials(signal)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ category: "permanent", side: "target", operation: "get-credentials" });
    expect(String(failure)).toContain("harbor-AbCdEf");
    expect(String(failure)).toContain('{"username": ..., "password": ...}');
    expect(String(failure)).not.toContain("hunter2");
  });
});
