import {
  ChangeMessageVisibilityCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { startSqs } from "../../../local/emulators/sqs.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";

/** A queue of an emulator that keeps its messages in a directory. */
async function openQueue(directory: string) {
  const sqs = await startSqs(directory);
  const client = new SQSClient({ ...LOCAL_AWS, endpoint: sqs.endpoint, useQueueUrlAsEndpoint: false });
  const { url } = sqs.createQueue("kept", { VisibilityTimeout: "600" });
  return {
    send: (text: string) => client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: text })),
    async receive() {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl: url, MessageSystemAttributeNames: ["ApproximateReceiveCount"] }),
      );
      return Messages;
    },
    show: (ReceiptHandle: string | undefined, VisibilityTimeout = 0) =>
      client.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout })),
    async [Symbol.asyncDispose]() {
      client.destroy();
      await sqs.close();
    },
  };
}

describe("the queues of npm start, kept in a directory", () => {
  it("show a message again that was let go of, and count how often it was received, also after the next start", async () => {
    await using folder = await temporaryFolder();
    {
      await using queue = await openQueue(folder.path);
      await queue.send("letter");
      const [first] = await queue.receive();
      await queue.show(first?.ReceiptHandle);
      const [second] = await queue.receive();
      expect([second?.Body, second?.Attributes?.ApproximateReceiveCount]).toEqual(["letter", "2"]);
      await queue.show(second?.ReceiptHandle);
    }
    await using queue = await openQueue(folder.path);
    const [third] = await queue.receive();
    expect([third?.Body, third?.Attributes?.ApproximateReceiveCount]).toEqual(["letter", "3"]);
  });

  it("keep a message hidden that is held for longer", async () => {
    await using folder = await temporaryFolder();
    await using queue = await openQueue(folder.path);
    await queue.send("letter");
    const [message] = await queue.receive();
    await queue.show(message?.ReceiptHandle, 900);
    expect(await queue.receive()).toEqual([]);
  });
});
