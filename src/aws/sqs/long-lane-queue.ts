import { ChangeMessageVisibilityCommand, DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { TRACEPARENT } from "./trace-attribute.ts";
import { untilAborted } from "../client/until-aborted.ts";
import type { Delivery } from "../../contract/stack/delivery.ts";
import type { CopyQueue } from "../../contract/stack/queues.ts";

/** The longest long poll (SQS API reference, ReceiveMessage, WaitTimeSeconds). */
const WAIT_SECONDS = 20;

/** Reads a queue of the long lane. No event source mapping reads it: the builds do. */
export function createLongLaneQueue(client: SQSClient, { name, url }: CopyQueue, visibilitySeconds: number) {
  return {
    async receive(signal: AbortSignal): Promise<Delivery | undefined> {
      const command = new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 1,
        WaitTimeSeconds: WAIT_SECONDS,
        VisibilityTimeout: visibilitySeconds,
        MessageSystemAttributeNames: ["ApproximateReceiveCount", "SentTimestamp"],
        MessageAttributeNames: [TRACEPARENT],
      });
      // The client's default response timeout is shorter than this long poll.
      const { Messages = [] } = await untilAborted(signal, (options) =>
        client.send(command, { ...options, requestTimeout: 2_000 * WAIT_SECONDS }),
      );
      const message = Messages[0];
      if (message === undefined) return undefined;
      const sentAt = message.Attributes?.["SentTimestamp"];
      return {
        messageId: message.MessageId ?? "",
        body: message.Body ?? "",
        receiptHandle: message.ReceiptHandle ?? "",
        // Ends with the queue's name, as an ARN does; account and region are empty.
        queueArn: `arn:aws:sqs:::${name}`,
        receiveCount: Number(message.Attributes?.["ApproximateReceiveCount"] ?? 1),
        sentAt: sentAt === undefined ? undefined : Number(sentAt),
        traceparent: message.MessageAttributes?.[TRACEPARENT]?.StringValue,
      };
    },
    async renew({ receiptHandle }: Delivery, signal: AbortSignal): Promise<void> {
      const command = new ChangeMessageVisibilityCommand({
        QueueUrl: url,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: visibilitySeconds,
      });
      await untilAborted(signal, (options) => client.send(command, options));
    },
    async remove({ receiptHandle }: Delivery, signal: AbortSignal): Promise<void> {
      const command = new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receiptHandle });
      await untilAborted(signal, (options) => client.send(command, options));
    },
  };
}
