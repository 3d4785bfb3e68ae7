import { generateKeyPairSync } from "node:crypto";
import { SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startGoogleTokens } from "../../local/emulators/google-tokens.ts";
import { LOCAL_ACCOUNT, LOCAL_AWS, LOCAL_CREDENTIALS, LOCAL_REGION } from "../../local/access/local-aws.ts";
import { startSecretsManager } from "../../local/emulators/secrets-manager.ts";
import { createArtifactRegistryProfile } from "../../local/registry/profiles/artifact-registry.ts";
import { parseConfiguration } from "../../src/contract/configuration/configuration.ts";
import { parseRepositoryName, parseTag } from "../../src/oci/reference.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import { openRegistries } from "../../src/wiring/open-registries.ts";
import { withRegistry } from "../fixtures/servers/local-registry.ts";

const EMAIL = "writer@p.iam.gserviceaccount.com";
const ARN = `arn:aws:secretsmanager:${LOCAL_REGION}:${LOCAL_ACCOUNT}:secret:google-key-AbCdEf`;
const signal = AbortSignal.timeout(600_000);

afterEach(() => void vi.unstubAllEnvs());

describe("a destination with a key", () => {
  it("is accessed with a token for the key in its secret, which is read with the function's own credentials", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    const file = { type: "service_account", client_email: EMAIL, private_key: privateKey };
    const manager = await startSecretsManager(new Map([[ARN, JSON.stringify(file)]]));
    const tokens = await startGoogleTokens({ audience: "", serviceAccount: "", keys: new Map([[EMAIL, publicKey]]) });
    vi.stubEnv("AWS_ENDPOINT_URL_SECRETS_MANAGER", `http://${manager.host}`);
    vi.stubEnv("AWS_ACCESS_KEY_ID", LOCAL_CREDENTIALS.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", LOCAL_CREDENTIALS.secretAccessKey);
    const verifyToken = (token: string): boolean => tokens.verify(token);
    const profile = createArtifactRegistryProfile({ repositories: ["p/r"], verifyToken });
    await withRegistry(profile, async (_ask, events, host) => {
      const destination = { name: "gar", kind: "artifactRegistry", plainHttp: true, registry: host, prefix: "p/r" };
      const configuration = parseConfiguration({
        version: 1,
        source: { account: LOCAL_ACCOUNT, region: LOCAL_REGION },
        destinations: [{ ...destination, keySecret: ARN }],
        rules: [{ repositories: ["**"], destinations: ["gar"] }],
      });
      const registries = openRegistries({ sqs: new SQSClient(LOCAL_AWS), google: tokens.endpoints })(configuration);
      const target = createRegistryTarget(registries.destination("gar")(parseRepositoryName("p/r/app")));
      expect(await target.resolve(parseTag("v1"), signal)).toBeUndefined();
      expect(events).toContainEqual(expect.objectContaining({ kind: "request", status: 404 }));
      expect(events).not.toContainEqual(expect.objectContaining({ kind: "request", status: 401 }));
    });
    await tokens.close();
    await manager.close();
  });
});
