import { SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { startHttpServer } from "../../../src/loopback/http-server.ts";
import { createDeferral } from "../../../src/aws/sqs/message-visibility.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { COPY_MAX_RECEIVE_COUNT } from "../../../src/contract/stack/limits.ts";
import { traceparentOf } from "../../../src/contract/telemetry/traceparent.ts";

const arn = "arn:aws:sqs:us-east-1:123456789012:copies";

/** Defers a message that was delivered so often, at a queue that notes what it is asked. */
async function defer(receiveCount: number, body = '{"pushedAt":5}') {
  const asked: { readonly action: string; readonly input: Record<string, unknown> }[] = [];
  await using stack = new AsyncDisposableStack();
  const server = await startHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const action = String(request.headers["x-amz-target"]).replace("AmazonSQS.", "");
      asked.push({ action, input: JSON.parse(Buffer.concat(chunks).toString()) });
      response.writeHead(200, { "content-type": "application/x-amz-json-1.0" }).end("{}");
    });
  });
  stack.defer(() => server.close());
  const client = new SQSClient({
    endpoint: `http://${server.host}`,
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    md5: false,
  });
  const queue = {
    destination: "gar",
    priority: "backfill",
    name: "copies",
    url: `http://${server.host}/copies`,
  } as const;
  const message = { body, receiptHandle: "handle", queueArn: arn, receiveCount, groupId: "app" };
  await createDeferral(client, [queue])(message, 1_200_000, NEVER);
  return asked;
}

describe("a deferred message", () => {
  it("becomes visible again later", async () => {
    const asked = await defer(5);
    expect(asked.map(({ action }) => action)).toEqual(["ChangeMessageVisibility"]);
    expect(asked[0]?.input).toMatchObject({ VisibilityTimeout: 1_200 });
  });

  it("is replaced by a new one with the same body before it exceeds the receive count", async () => {
    const asked = await defer(COPY_MAX_RECEIVE_COUNT - 50);
    expect(asked.map(({ action }) => action)).toEqual(["SendMessage", "DeleteMessage"]);
    expect(asked[0]?.input).toMatchObject({ MessageBody: '{"pushedAt":5}', DelaySeconds: 900, MessageGroupId: "app" });
  });

  it("keeps its trace when it is replaced", async () => {
    const asked = await defer(COPY_MAX_RECEIVE_COUNT - 50, '{"id":"e1","pushedAt":5}');
    const traceparent = { DataType: "String", StringValue: traceparentOf("e1") };
    expect(asked[0]?.input).toMatchObject({ MessageAttributes: { traceparent } });
  });
});
