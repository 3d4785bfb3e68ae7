import { afterEach, describe, expect, it, vi } from "vitest";
import { startDynamoDb } from "../../local/emulators/dynamodb.ts";
import { createStateTable } from "../../local/emulators/state-table.ts";
import { startEcrApi } from "../../local/emulators/ecr-api.ts";
import { LOCAL_ACCOUNT, LOCAL_CREDENTIALS, LOCAL_REGION } from "../../local/access/local-aws.ts";
import { startSecretsManager } from "../../local/emulators/secrets-manager.ts";
import { startSqs } from "../../local/emulators/sqs.ts";
import { createTokenStore } from "../../local/access/token-store.ts";
import { startLayerBucket } from "../../local/registry/storage/layer-bucket.ts";
import { createEcrProfile } from "../../local/registry/profiles/ecr.ts";
import { createLoginProfile } from "../../local/registry/profiles/with-login.ts";
import { basicAuthorization } from "../../local/access/basic-authorization.ts";
import { openRegistryFiles, startRegistry } from "../../local/registry/registry-server.ts";
import { harbor } from "../fixtures/harbor-provider.ts";
import { imageOf, asking, putBlob, put } from "../fixtures/servers/local-registry.ts";
import type { Ask } from "../fixtures/servers/local-registry.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { deployDocument } from "../fixtures/deployed-configuration.ts";
import { lambdaContext } from "../fixtures/lambda-context.ts";

const SECRET = `arn:aws:secretsmanager:${LOCAL_REGION}:${LOCAL_ACCOUNT}:secret:harbor-AbCdEf`;
const LOGIN = { username: "robot$images", password: "s3cret:with:colons" };

afterEach(() => void vi.unstubAllEnvs());

async function registries(stack: AsyncDisposableStack) {
  const [from, to] = [await temporaryFolder(), await temporaryFolder()];
  stack.use(from);
  stack.use(to);
  const files = await openRegistryFiles(from.path);
  const bucket = await startLayerBucket(files);
  stack.defer(() => bucket.close());
  const ecr = createEcrProfile({ password: "p", bucket });
  const source = await startRegistry({ directory: from.path, files, profile: ecr });
  stack.defer(() => source.close());
  const api = await startEcrApi({ password: "p", proxyEndpoint: `http://${source.host}`, catalog: source.catalog });
  stack.defer(() => api.close());
  const tokens = createTokenStore("harbor-");
  const profile = createLoginProfile({ kind: "token-server", ...LOGIN, tokens });
  const target = await startRegistry({ directory: to.path, files: await openRegistryFiles(to.path), profile });
  stack.defer(() => target.close());
  return {
    sourceHost: source.host,
    bucketHost: bucket.host,
    ecrEndpoint: `http://${api.host}`,
    targetHost: target.host,
    source: asking(source.host, { authorization: basicAuthorization({ username: "AWS", password: "p" }) }),
    target: asking(target.host, { authorization: `Bearer ${tokens.issue(3_600_000)}` }),
  };
}

/** The environment of the copy function; its destination has a kind that no code in `src/` knows. */
async function surroundings(secret: string, stack: AsyncDisposableStack) {
  const around = await registries(stack);
  const sqs = await startSqs();
  stack.defer(() => sqs.close());
  const dynamo = await startDynamoDb();
  stack.defer(() => dynamo.close());
  await createStateTable(dynamo.endpoint, "state");
  const secrets = await startSecretsManager(new Map([[SECRET, secret]]));
  stack.defer(() => secrets.close());
  const live = sqs.createQueue("images-copies-harbor-live-us-east-1", {});
  const configuration = {
    version: 1,
    source: {
      account: LOCAL_ACCOUNT,
      region: LOCAL_REGION,
      registry: around.sourceHost,
      plainHttp: true,
      blobHosts: [around.bucketHost],
    },
    destinations: [
      { name: "harbor", kind: "harbor", url: `http://${around.targetHost}`, robotSecret: SECRET, prefix: "mirror" },
    ],
    rules: [{ repositories: ["**"], destinations: ["harbor"] }],
  };
  const deployed = stack.use(await deployDocument(configuration));
  const variables = {
    ...deployed.variables,
    FREIGHTLINER_STACK: "images",
    FREIGHTLINER_QUEUES_URL: live.url.slice(0, -live.name.length),
    FREIGHTLINER_TABLE: "state",
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_ECR: around.ecrEndpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://${secrets.host}`,
    POWERTOOLS_DEV: "false",
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  vi.resetModules();
  // The function's own copy of the map: the kind is added there, as in a module that is imported ahead of it.
  const { registerProvider: add } = await import("../../src/contract/providers/providers.ts");
  add("harbor", harbor);
  const { handler } = await import("../../functions/copy/index.ts");
  return { ...around, live, handler };
}

async function pushImage(ask: Ask): Promise<Buffer> {
  const manifest = imageOf();
  await putBlob(ask, undefined, "app");
  await put(ask, "v1", manifest, "app");
  return manifest;
}

function delivery(queueArn: string) {
  const body = { version: 1, id: "e", destination: "harbor", repository: "app", reference: "v1", pushedAt: 0 };
  return {
    messageId: "m",
    body: JSON.stringify(body),
    receiptHandle: "r",
    eventSourceARN: queueArn,
    eventSource: "aws:sqs",
    attributes: { ApproximateReceiveCount: "1" },
  };
}

const context = lambdaContext();

describe("a kind of registry that an extension adds", () => {
  it("is a target of the exported copy function, with the login from its secret", async () => {
    await using stack = new AsyncDisposableStack();
    const around = await surroundings(JSON.stringify(LOGIN), stack);
    const manifest = await pushImage(around.source);
    const answer: unknown = await Reflect.apply(around.handler, undefined, [
      { Records: [delivery(around.live.arn)] },
      context,
    ]);
    expect(answer).toEqual({ batchItemFailures: [] });
    const arrived = await around.target("GET", "/v2/mirror/app/manifests/v1");
    expect([arrived.status, arrived.body.equals(manifest)]).toEqual([200, true]);
  });
});
