import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { startSqs } from "../../../local/emulators/sqs.ts";
import { createLongLaneQueue } from "../../../src/aws/sqs/long-lane-queue.ts";

const never = new AbortController().signal;
const HIDDEN_SECONDS = 300;

async function queueWith(...bodies: readonly string[]) {
  const sqs = await startSqs();
  const name = "images-copies-gar-long-us-east-1";
  const { url } = sqs.createQueue(name, {});
  const client = new SQSClient({ ...LOCAL_AWS, endpoint: sqs.endpoint, useQueueUrlAsEndpoint: false, maxAttempts: 1 });
  for (const body of bodies) await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
  const queue = createLongLaneQueue(client, { destination: "gar", priority: "long", name, url }, HIDDEN_SECONDS);
  return {
    client,
    url,
    queue,
    depth: () => sqs.depth(name),
    async [Symbol.asyncDispose]() {
      client.destroy();
      await sqs.close();
    },
  };
}

describe("a queue of the long lane", () => {
  it("delivers one message at a time, and hides it from other receivers", async () => {
    await using long = await queueWith("one", "two");
    const first = await long.queue.receive(never);
    expect(first).toMatchObject({ body: "one", receiveCount: 1 });
    expect(first?.queueArn.split(":").at(-1)).toBe("images-copies-gar-long-us-east-1");
    expect(long.depth()).toEqual({ visible: 1, inFlight: 1 });
    expect(await long.queue.receive(never)).toMatchObject({ body: "two" });
    expect(long.depth()).toEqual({ visible: 0, inFlight: 2 });
  });

  it("returns the receive count of a message: a killed build counts", async () => {
    await using long = await queueWith("one");
    await long.client.send(new ReceiveMessageCommand({ QueueUrl: long.url, VisibilityTimeout: 0 }));
    expect(await long.queue.receive(never)).toMatchObject({ body: "one", receiveCount: 2 });
  });

  it("waits for a message, and returns it as soon as it arrives", async () => {
    await using long = await queueWith();
    const receiving = long.queue.receive(never);
    await long.client.send(new SendMessageCommand({ QueueUrl: long.url, MessageBody: "late" }));
    expect(await receiving).toMatchObject({ body: "late" });
  });

  it("stops waiting when its signal is aborted", async () => {
    await using long = await queueWith();
    const stop = new AbortController();
    const receiving = long.queue.receive(stop.signal);
    stop.abort();
    await expect(receiving).rejects.toThrow(/abort/i);
  });

  it("extends the visibility of a message, and deletes it, by its receipt handle", async () => {
    await using long = await queueWith("one");
    const delivery = await long.queue.receive(never);
    if (delivery === undefined) throw new Error("nothing was received");
    await long.queue.renew(delivery, never);
    expect(long.depth()).toEqual({ visible: 0, inFlight: 1 });
    await long.queue.remove(delivery, never);
    expect(long.depth()).toEqual({ visible: 0, inFlight: 0 });
  });

  it("fails to renew a message that no longer exists", async () => {
    await using long = await queueWith("one");
    const delivery = await long.queue.receive(never);
    if (delivery === undefined) throw new Error("nothing was received");
    await expect(long.queue.renew({ ...delivery, receiptHandle: "of another time" }, never)).rejects.toThrow();
  });
});
