import { CodeBuildClient } from "@aws-sdk/client-codebuild";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { createBacklogReader } from "../../../src/aws/sqs/backlog.ts";
import { createCopyRequestSender } from "../../../src/aws/sqs/copy-request-sender.ts";
import { createDeadLetterQueue } from "../../../src/aws/sqs/dead-letter-queue.ts";
import { createDynamoDbReceipts, readReceipts } from "../../../src/aws/dynamodb/receipts.ts";
import { createDynamoDbRecordStore } from "../../../src/aws/dynamodb/record-store.ts";
import { createQueueStateSetter } from "../../../src/aws/event-source-mappings.ts";
import { listRecords } from "../../../src/aws/dynamodb/list-records.ts";
import { createLongLaneStarter } from "../../../src/aws/long-lane-starter.ts";
import { createLongLaneQueue } from "../../../src/aws/sqs/long-lane-queue.ts";
import { createDeadLetterSender } from "../../../src/aws/sqs/dead-letter-sender.ts";
import { createDeferral } from "../../../src/aws/sqs/message-visibility.ts";
import { copyRequest } from "../../fixtures/replicate-context.ts";
import type { DeadLetterReason } from "../../../src/replication/outcome/dead-letter-reason.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";

const TABLE = "state";
const RECEIPT = { id: "e", endedAt: 0, traceparent: "t", outcome: "unchanged" } as const;
const BURIAL: DeadLetterReason = {
  class: "target",
  reason: "target-denied",
  message: "m",
  record: undefined,
  correlationId: undefined,
};

/** Everything that asks AWS for something and waits, at one address. */
function callsAt(endpoint: string) {
  const at = { ...LOCAL_AWS, endpoint };
  const sqs = new SQSClient({ ...at, useQueueUrlAsEndpoint: false });
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(at));
  const queue = { destination: "gar", priority: "live", name: "q", url: `${endpoint}/q` } as const;
  const long = { ...queue, priority: "long" } as const;
  const message = { messageId: "m", body: "{}", receiptHandle: "r", queueArn: "arn:aws:sqs:::q", receiveCount: 1 };
  const letters = createDeadLetterQueue(sqs, queue.url);
  const letter = {
    ...message,
    id: "l",
    class: "target",
    reason: "r",
    error: "",
    record: undefined,
    deadLetteredAt: 0,
  } as const;
  const defer = createDeferral(sqs, [queue]);
  const sendToDeadLetters = createDeadLetterSender(sqs, queue);
  const longQueue = createLongLaneQueue(sqs, long, 60);
  const concurrency = { live: 8, backfill: 8 };
  const setQueueState = createQueueStateSetter({
    client: new LambdaClient(at),
    functionName: "f",
    queues: [queue],
    concurrency,
  });
  const record = createDynamoDbRecordStore({ client, table: TABLE, kind: "TAG", schema: z.number() });
  const receipts = createDynamoDbReceipts({ client, table: TABLE, keepSeconds: 60 });
  const lane = createLongLaneStarter({ sqs, builds: new CodeBuildClient(at), queues: [long], project: "p" });
  return {
    "changing a record": (signal) => record.update("k", () => ({ next: 1, answer: 0 }), signal),
    "writing a receipt": (signal) => receipts.write({ kind: "event", id: "e" }, RECEIPT, signal),
    "reading receipts": (signal) => readReceipts({ client, table: TABLE }, "k", 1, signal),
    "listing records": (signal) =>
      Array.fromAsync(listRecords({ client, table: TABLE }, { kind: "TAG", schema: z.number() }, signal)),
    "queueing requests": (signal) => createCopyRequestSender(sqs, [queue], "live")([copyRequest("v1")], signal),
    "counting a backlog": (signal) => createBacklogReader(sqs, [queue])("gar", signal),
    "deferring a message": (signal) => defer(message, 1, signal),
    "replacing a message": (signal) => defer({ ...message, receiveCount: 1_000 }, 1, signal),
    "sending a dead letter": (signal) => sendToDeadLetters(message, BURIAL, signal),
    "receiving from a long queue": (signal) => longQueue.receive(signal),
    "hiding a message for longer": (signal) => longQueue.renew(message, signal),
    "removing a message": (signal) => longQueue.remove(message, signal),
    "receiving dead letters": (signal) => Array.fromAsync(letters.receiveAll(signal)),
    "releasing a dead letter": (signal) => letters.release([letter], signal),
    "renewing the claim on a dead letter": (signal) => letters.renew([letter], signal),
    "moving a dead letter": (signal) => letters.move(letter, { url: queue.url, body: "{}" }, signal),
    "pausing queues": (signal) => setQueueState("gar", "paused", signal),
    "starting the long lane": (signal) => lane(signal),
  } satisfies Record<string, (signal: AbortSignal) => Promise<unknown>>;
}

const NAMES = Object.keys(callsAt("http://127.0.0.1:1"));
const call = (endpoint: string, name: string, signal: AbortSignal): Promise<unknown> | undefined =>
  Object.entries(callsAt(endpoint)).find(([known]) => known === name)?.[1](signal);

describe.each(NAMES)("%s", (name) => {
  it("is not sent when its signal is already aborted, and rejects with the reason", async () => {
    await using server = await scriptedServer((_got, response) => void response.writeHead(200).end("{}"));
    const reason = new Error("the time is up");
    await expect(call(`http://${server.host}`, name, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(server.got).toEqual([]);
  });

  it("rejects with the reason of its signal while AWS does not respond", async () => {
    const reason = new Error("the time is up");
    const stop = new AbortController();
    await using server = await scriptedServer(() => stop.abort(reason));
    await expect(call(`http://${server.host}`, name, stop.signal)).rejects.toBe(reason);
    expect(server.got).toHaveLength(1);
  });

  it("rejects with the reason of its signal while the SDK backs off between two attempts", async () => {
    const stop = new AbortController();
    const reason = new Error("the time is up");
    await using server = await scriptedServer((_got, response) => {
      response.on("finish", () => setImmediate(() => stop.abort(reason)));
      response.writeHead(503).end();
    });
    await expect(call(`http://${server.host}`, name, stop.signal)).rejects.toBe(reason);
  });
});
