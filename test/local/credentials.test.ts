import { ECRClient } from "@aws-sdk/client-ecr";
import { describe, expect, it } from "vitest";
import { startEcrApi } from "../../local/emulators/ecr-api.ts";
import { startGoogleTokens } from "../../local/emulators/google-tokens.ts";
import { LOCAL_AWS, LOCAL_CREDENTIALS } from "../../local/emulators/local-aws.ts";
import { createEcrCredentials } from "../../src/aws/ecr-credentials.ts";
import { createFederatedCredentials } from "../../src/google/federated-credentials.ts";
import { scriptedServer } from "../fixtures/scripted-server.ts";

const signal = AbortSignal.timeout(20_000);
const pool = {
  audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/a",
  serviceAccount: "sa@p.iam.gserviceaccount.com",
};
const aws = {
  getAwsRegion: () => Promise.resolve("us-east-1"),
  getAwsSecurityCredentials: () => Promise.resolve({ ...LOCAL_CREDENTIALS }),
};

describe("ECR's credentials", () => {
  it("are asked for once, and again when they are refused", async () => {
    const api = await startEcrApi({
      password: "pw",
      proxyEndpoint: "http://127.0.0.1:1",
      catalog: { names: () => [], find: () => undefined },
    });
    const client = new ECRClient({ ...LOCAL_AWS, endpoint: `http://${api.host}` });
    const credentials = createEcrCredentials(client);
    const [first, second] = await Promise.all([credentials(signal), credentials(signal)]);
    expect(first).toEqual({ kind: "basic", username: "AWS", password: "pw" });
    expect(second).toBe(first);
    expect(await credentials(signal, first)).not.toBe(first);
    client.destroy();
    await api.close();
  });

  it("that cannot be had say what to check", async () => {
    await using server = await scriptedServer((_got, response) => {
      response
        .writeHead(400, { "content-type": "application/x-amz-json-1.1" })
        .end('{"__type":"AccessDeniedException","message":"no"}');
    });
    const client = new ECRClient({ ...LOCAL_AWS, endpoint: `http://${server.host}`, maxAttempts: 1 });
    await expect(createEcrCredentials(client)(signal)).rejects.toMatchObject({
      category: "permanent",
      side: "source",
      message: expect.stringContaining("ecr:GetAuthorizationToken"),
    });
    client.destroy();
  });
});

describe("federated credentials", () => {
  const open = (tokens: { stsUrl: string; iamCredentialsUrl: string }, changes: object = {}) =>
    createFederatedCredentials({
      ...pool,
      aws,
      stsUrl: tokens.stsUrl,
      iamCredentialsUrl: tokens.iamCredentialsUrl,
      ...changes,
    });

  it("become an access token of the service account without any key", async () => {
    const tokens = await startGoogleTokens(pool);
    const credentials = await open(tokens)(signal);
    expect(credentials.kind === "bearer" && tokens.verify(credentials.token)).toBe(true);
    expect(tokens.verify("ya29.forged")).toBe(false);
    await tokens.close();
  });

  it("are exchanged anew when the registry refused the ones there are", async () => {
    const tokens = await startGoogleTokens(pool);
    const source = open(tokens);
    const first = await source(signal);
    expect(await source(signal)).toEqual(first);
    expect(await source(signal, first)).not.toEqual(first);
    await tokens.close();
  });

  it.each<[string, object]>([
    ["a wrong audience", { audience: "//iam.googleapis.com/wrong" }],
    ["an account it may not become", { serviceAccount: "other@p.iam.gserviceaccount.com" }],
  ])("are refused for good, with what to check, for %s", async (_case, changes) => {
    const tokens = await startGoogleTokens(pool);
    await expect(open(tokens, changes)(signal)).rejects.toMatchObject({
      category: "permanent",
      side: "target",
      operation: "get-credentials",
      message: expect.stringContaining("attribute condition"),
    });
    await tokens.close();
  });
});
