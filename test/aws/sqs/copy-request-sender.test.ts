import { SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { createCopyRequestSender, QueueError } from "../../../src/aws/sqs/copy-request-sender.ts";
import { traceparentOf } from "../../../src/contract/telemetry/traceparent.ts";
import { copyRequest } from "../../fixtures/replicate-context.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";

/** An SQS that fails the entries a test names, at the calls it names. */
async function setUp(fails: (call: number, entry: { Id: string; MessageBody: string }) => boolean) {
  const calls: { Id: string; MessageBody: string; MessageGroupId: string; MessageAttributes?: unknown }[][] = [];
  const server = await scriptedServer(({ body }, response) => {
    const { Entries } = JSON.parse(body.toString());
    const call = calls.push(Entries) - 1;
    const failed = Entries.filter((entry: { Id: string; MessageBody: string }) => fails(call, entry));
    const Successful = Entries.filter((entry: object) => !failed.includes(entry)).map(({ Id }: { Id: string }) => ({
      Id,
      MessageId: Id,
      MD5OfMessageBody: "",
    }));
    const Failed = failed.map(({ Id }: { Id: string }) => ({
      Id,
      Code: "InternalError",
      Message: "busy",
      SenderFault: false,
    }));
    response
      .writeHead(200, { "content-type": "application/x-amz-json-1.0" })
      .end(JSON.stringify({ Successful, Failed }));
  });
  const client = new SQSClient({
    ...LOCAL_AWS,
    endpoint: `http://${server.host}`,
    useQueueUrlAsEndpoint: false,
    md5: false,
  });
  const queue = { destination: "gar", priority: "live", name: "q", url: `http://${server.host}/q` } as const;
  return {
    calls,
    send: createCopyRequestSender(client, [queue], "live"),
    async [Symbol.asyncDispose]() {
      client.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

const requests = (count: number) => Array.from({ length: count }, (_, index) => copyRequest(`v${index}`));

describe("copy requests on a queue", () => {
  it("are sent in batches of ten", async () => {
    await using set = await setUp(() => false);
    await set.send(requests(25), NEVER);
    expect(set.calls.map(({ length }) => length)).toEqual([10, 10, 5]);
  });

  it("P33: are sent again when SQS accepted only a part of a batch, without the accepted ones", async () => {
    await using set = await setUp((call, { MessageBody }) => call === 0 && /"v[37]"/.test(MessageBody));
    await set.send(requests(10), NEVER);
    expect(set.calls[1]?.map(({ MessageBody }) => JSON.parse(MessageBody).reference)).toEqual(["v3", "v7"]);
  });

  it("P33: fail as a whole when SQS rejects some of them, so that the caller sends all of them again", async () => {
    await using set = await setUp((_call, { MessageBody }) => MessageBody.includes('"v3"'));
    await expect(set.send(requests(10), NEVER)).rejects.toThrow(QueueError);
  });

  it("S03: are grouped by repository, so that a busy one does not delay the others", async () => {
    await using set = await setUp(() => false);
    await set.send([copyRequest("v1")], NEVER);
    expect(set.calls[0]?.[0]?.MessageGroupId).toBe("app");
  });

  it("carry the trace of their push as a message attribute, the one of its receipt", async () => {
    await using set = await setUp(() => false);
    const request = copyRequest("v1");
    await set.send([request, { ...request, id: `${request.id}+2` }], NEVER);
    const attribute = { traceparent: { DataType: "String", StringValue: traceparentOf(request.id) } };
    expect(set.calls[0]?.map(({ MessageAttributes }) => MessageAttributes)).toEqual([attribute, attribute]);
  });
});
