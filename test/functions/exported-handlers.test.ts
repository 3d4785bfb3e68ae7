import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, it, vi } from "vitest";
import { startDynamoDb } from "../../local/emulators/dynamodb.ts";
import { createStateTable } from "../../local/emulators/state-table.ts";
import { ecrPushEvent } from "../../local/events/ecr-events.ts";
import { LOCAL_ACCOUNT, LOCAL_AWS, LOCAL_CREDENTIALS, LOCAL_REGION } from "../../local/access/local-aws.ts";
import { startSecretsManager } from "../../local/emulators/secrets-manager.ts";
import { startSqs } from "../../local/emulators/sqs.ts";
import { traceparentOf } from "../../src/contract/telemetry/traceparent.ts";
import { linesOf } from "../fixtures/function-lines.ts";
import { deployDocument } from "../fixtures/deployed-configuration.ts";
import { lambdaContext } from "../fixtures/lambda-context.ts";

const HOOK = "arn:aws:secretsmanager:us-east-1:123456789012:secret:hook-AbCdEf";
const room = { name: "room", kind: "webhook", webhook: HOOK, hosts: ["hooks.invalid"] };
const configuration = {
  version: 1,
  source: { account: LOCAL_ACCOUNT, region: LOCAL_REGION, registry: "127.0.0.1:1", plainHttp: true },
  destinations: [{ name: "gar", kind: "generic", plainHttp: true, prefix: "p/r", registry: "127.0.0.1:2" }],
  rules: [{ repositories: ["**"], destinations: ["gar"] }],
  stack: { notifications: [room, { ...room, name: "digest", digestMinutes: 10 }] },
};

async function surroundings() {
  const sqs = await startSqs();
  const dynamo = await startDynamoDb();
  await createStateTable(dynamo.endpoint, "state");
  const live = sqs.createQueue("images-copies-gar-live-us-east-1", {});
  const dead = sqs.createQueue("images-dead-letters-us-east-1", {});
  const notifications = sqs.createQueue("images-notifications-us-east-1", {});
  const secrets = await startSecretsManager(new Map([[HOOK, "https://hooks.invalid/T0/B0/SECRETPART"]]));
  const client = new SQSClient({ ...LOCAL_AWS, endpoint: sqs.endpoint, useQueueUrlAsEndpoint: false });
  const deployed = await deployDocument(configuration);
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
    AWS_ENDPOINT_URL_ECR: "http://127.0.0.1:1",
    AWS_ENDPOINT_URL_LAMBDA: "http://127.0.0.1:1",
    AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://${secrets.host}`,
    AWS_MAX_ATTEMPTS: "1",
    FREIGHTLINER_CONCURRENCY: '{"live":2,"backfill":2}',
    POWERTOOLS_DEV: "false",
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  return {
    client,
    live,
    dead,
    notifications,
    async [Symbol.asyncDispose]() {
      vi.unstubAllEnvs();
      client.destroy();
      await deployed[Symbol.asyncDispose]();
      await secrets.close();
      await sqs.close();
      await dynamo.close();
    },
  };
}

const context = lambdaContext();

describe("the exported handlers", () => {
  it("turn an ECR event into a message on the live queue", async () => {
    await using around = await surroundings();
    const { handler } = await import("../../functions/fan-out/index.ts");
    const manifest = {
      repository: "app",
      digest: `sha256:${"a".repeat(64)}`,
      mediaType: "application/json",
      tag: "v1",
    };
    const event = ecrPushEvent(manifest, { id: "e1", account: LOCAL_ACCOUNT, region: LOCAL_REGION, at: new Date() });
    // The runtime passes handlers more arguments than their types declare.
    await Reflect.apply(handler, undefined, [event, context]);
    const { Messages = [] } = await around.client.send(
      new ReceiveMessageCommand({ QueueUrl: around.live.url, MessageAttributeNames: ["All"] }),
    );
    expect(Messages[0]?.MessageAttributes?.["traceparent"]?.StringValue).toBe(traceparentOf("e1"));
    expect(JSON.parse(Messages[0]?.Body ?? "null")).toMatchObject({
      version: 1,
      id: "e1",
      destination: "gar",
      repository: "app",
      reference: "v1",
    });
  });

  it("P12: respond with a partial batch failure: bury a malformed message, and keep one whose registry is unavailable", async () => {
    await using around = await surroundings();
    const { handler } = await import("../../functions/copy/index.ts");
    await around.client.send(new SendMessageCommand({ QueueUrl: around.live.url, MessageBody: "x" }));
    const { Messages = [] } = await around.client.send(new ReceiveMessageCommand({ QueueUrl: around.live.url }));
    const receiptHandle = Messages[0]?.ReceiptHandle;
    const record = (messageId: string, body: string) => ({
      messageId,
      body,
      receiptHandle,
      eventSourceARN: around.live.arn,
      eventSource: "aws:sqs",
      attributes: { ApproximateReceiveCount: "1" },
    });
    const good = JSON.stringify({
      version: 1,
      id: "e",
      destination: "gar",
      repository: "app",
      reference: "v1",
      pushedAt: 0,
    });
    const answer: unknown = await Reflect.apply(handler, undefined, [
      { Records: [record("poison", "{"), record("away", good)] },
      context,
    ]);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "away" }] });
    const buried = await around.client.send(
      new ReceiveMessageCommand({ QueueUrl: around.dead.url, MessageAttributeNames: ["All"] }),
    );
    expect(
      buried.Messages?.map(({ Body, MessageAttributes }) => [Body, MessageAttributes?.["reason"]?.StringValue]),
    ).toEqual([["{", "malformed-message"]]);
  });

  it("probe the destinations, and find none unavailable", async () => {
    await using _around = await surroundings();
    const { handler } = await import("../../functions/probe/index.ts");
    expect(await Reflect.apply(handler, undefined, [{}, context])).toEqual({ gar: "leave" });
  });

  it("end a comparison without an error while the source's API is unavailable: the next invocation follows soon", async () => {
    await using _around = await surroundings();
    const { handler } = await import("../../functions/reconcile/index.ts");
    const compared: unknown = Reflect.apply(handler, undefined, [{ schedule: "unknown" }, context]);
    expect(await compared).toMatchObject({ outcome: "partial", repositories: 0 });
  });

  it("put alarms of a topic on the queue, keep what a channel does not take, and never log its URL", async () => {
    await using around = await surroundings();
    const { handler } = await import("../../functions/notify/index.ts");
    const invoke = (event: object): Promise<unknown> =>
      Promise.resolve(Reflect.apply(handler, undefined, [event, context]));
    const Message = JSON.stringify({ AlarmName: "dead-letters", NewStateValue: "ALARM", NewStateReason: "one" });
    await invoke({ Records: [{ EventSource: "aws:sns", Sns: { Message } }] });
    const { Messages = [] } = await around.client.send(
      new ReceiveMessageCommand({ QueueUrl: around.notifications.url, MessageSystemAttributeNames: ["All"] }),
    );
    const Records = Messages.map(({ MessageId, ReceiptHandle, Body, Attributes }) => ({
      messageId: MessageId,
      receiptHandle: ReceiptHandle,
      body: Body,
      attributes: Attributes,
      eventSource: "aws:sqs",
    }));
    const batchItemFailures = [{ itemIdentifier: Records[0]?.messageId }];
    const lines = await linesOf(async () => expect(await invoke({ Records })).toEqual({ batchItemFailures }));
    expect(lines).toContainEqual(
      expect.objectContaining({ message: "A channel was not told; it is tried again", channel: "room" }),
    );
    expect(JSON.stringify(lines)).not.toContain("SECRETPART");
    // The channel with a digest has collected the alarm.
    expect(await invoke({ digest: "digest" })).toBe("failed");
    expect(await invoke({ digest: "room" })).toBe("empty");
  });
});
