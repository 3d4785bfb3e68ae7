import { KMSClient } from "@aws-sdk/client-kms";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { startKms } from "../../../local/emulators/kms-api.ts";
import type { RunningServer } from "../../../src/loopback/http-server.ts";
import { createKmsSigner, readPublicKey } from "../../../src/aws/kms/kms-signer.ts";
import { isSignedBy } from "../../../src/signatures/key-signature.ts";

const KEY = "arn:aws:kms:eu-central-1:123456789012:key/a";
const { signal } = new AbortController();

describe("a key in KMS", () => {
  let server: RunningServer;
  const clientOf = () => new KMSClient({ ...LOCAL_AWS, endpoint: `http://${server.host}`, maxAttempts: 1 });

  beforeAll(async () => {
    server = await startKms(KEY);
  });
  afterAll(() => server.close());

  it("signs bytes of any length so that its public key verifies them, and no others", async () => {
    using client = disposable(clientOf());
    const pem = await readPublicKey(client, KEY, signal);
    for (let length = 0; length < 30; length++) {
      const bytes = new Uint8Array(length * 1_000).fill(length);
      const signature = await createKmsSigner(client, KEY).sign(bytes, signal);
      expect(isSignedBy(pem, bytes, signature)).toBe(true);
      expect(isSignedBy(pem, new Uint8Array([...bytes, 1]), signature)).toBe(false);
    }
  });

  it("says which key it cannot use", async () => {
    using client = disposable(clientOf());
    const problem = { name: "SigningError", message: expect.stringContaining(`${KEY}-other; check the key`) };
    await expect(createKmsSigner(client, `${KEY}-other`).sign(new Uint8Array(), signal)).rejects.toMatchObject(problem);
  });
});

function disposable(client: KMSClient): KMSClient & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() });
}
