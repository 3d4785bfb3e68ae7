import { openRepositoryIndex } from "../../local/registry/storage/repository-index.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { ECRClient } from "@aws-sdk/client-ecr";
import { describe, expect, it } from "vitest";
import { startEcrApi } from "../../local/emulators/ecr-api.ts";
import { startGoogleTokens } from "../../local/emulators/google-tokens.ts";
import type { RunningGoogleTokens } from "../../local/emulators/google-tokens.ts";
import { LOCAL_AWS, LOCAL_CREDENTIALS } from "../../local/access/local-aws.ts";
import { createEcrCredentials } from "../../src/aws/ecr/ecr-credentials.ts";
import { createFederatedCredentials } from "../../src/google/federated-credentials.ts";
import { scriptedServer } from "../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);
const pool = {
  audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/a",
  serviceAccount: "sa@p.iam.gserviceaccount.com",
};
const aws = {
  getAwsRegion: () => Promise.resolve("us-east-1"),
  getAwsSecurityCredentials: () => Promise.resolve({ ...LOCAL_CREDENTIALS }),
};

describe("ECR's credentials", () => {
  it("are fetched once, and again when a registry refuses them", async () => {
    await using folder = await temporaryFolder();
    const api = await startEcrApi({
      password: "pw",
      proxyEndpoint: "http://127.0.0.1:1",
      catalog: await openRepositoryIndex(folder.path),
    });
    const client = new ECRClient({ ...LOCAL_AWS, endpoint: `http://${api.host}` });
    const credentials = createEcrCredentials(client);
    const [first, second] = await Promise.all([credentials(signal), credentials(signal)]);
    expect(first).toEqual({ kind: "basic", username: "AWS", password: expect.stringMatching(/^pw\.\d+$/) });
    expect(second).toBe(first);
    expect(await credentials(signal, first)).not.toEqual(first);
    client.destroy();
    await api.close();
  });

  it("that cannot be fetched cause an error that says what to check", async () => {
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
  const open = ({ endpoints }: Pick<RunningGoogleTokens, "endpoints">, changes: object = {}) =>
    createFederatedCredentials({
      ...pool,
      aws,
      stsUrl: endpoints.sts,
      iamCredentialsUrl: endpoints.iamCredentials,
      ...changes,
    });

  it("become an access token of the service account without any key", async () => {
    const tokens = await startGoogleTokens(pool);
    const credentials = await open(tokens)(signal);
    expect(credentials.kind === "registry-token" && tokens.verify(credentials.token)).toBe(true);
    expect(tokens.verify("ya29.forged")).toBe(false);
    await tokens.close();
  });

  it("are exchanged again when the registry has refused the current ones", async () => {
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

  it.each([500, 503, 429])(
    "are retried when Google answers %d, which says nothing about permissions",
    async (status) => {
      await using sts = await scriptedServer((_got, response) => void response.writeHead(status).end("{}"));
      const credentials = createFederatedCredentials({ ...pool, aws, stsUrl: `http://${sts.host}/v1/token` });
      await expect(credentials(signal)).rejects.toMatchObject({ category: "deferred", operation: "get-credentials" });
    },
    30_000,
  );

  it("time out when Google does not answer, and are fetched again the next time", async () => {
    let isSlow = true;
    const tokens = await startGoogleTokens(pool);
    await using sts = await scriptedServer(async ({ body }, response) => {
      if (isSlow) return;
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const answer = await fetch(tokens.endpoints.sts, { method: "POST", headers, body: new Uint8Array(body) });
      response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
    });
    const credentials = createFederatedCredentials({
      ...pool,
      aws,
      stsUrl: `http://${sts.host}/v1/token`,
      iamCredentialsUrl: tokens.endpoints.iamCredentials,
      timeoutMs: 5_000,
    });
    await expect(credentials(signal)).rejects.toMatchObject({
      category: "deferred",
      message: expect.stringContaining("no token within 5 s"),
    });
    const stopped = new AbortController();
    const waiting = credentials(stopped.signal);
    stopped.abort(new Error("out of time"));
    await expect(waiting).rejects.toThrow("out of time");
    isSlow = false;
    expect(await credentials(signal)).toMatchObject({ kind: "registry-token" });
    await tokens.close();
  });
});
