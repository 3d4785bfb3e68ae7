import { ChangeMessageVisibilityCommand, DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { untilAborted } from "../client/until-aborted.ts";
import type { CopyQueue } from "../../contract/stack/queues.ts";

/** A message of a long queue. */
interface LongLaneMessage {
  readonly messageId: string;
  readonly body: string;
  readonly receiptHandle: string;
  /** Names the queue by its last part, as an ARN does. */
  readonly queueArn: string;
  readonly receiveCount: number;
}

/** Longest wait of a receive (SQS API, ReceiveMessage, WaitTimeSeconds). */
const WAIT_SECONDS = 20;

/** A queue read by us, where no event source mapping does it. */
export function createLongLaneQueue(client: SQSClient, { name, url }: CopyQueue, visibilitySeconds: number) {
  return {
    async receive(signal: AbortSignal): Promise<LongLaneMessage | undefined> {
      const command = new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 1,
        WaitTimeSeconds: WAIT_SECONDS,
        VisibilityTimeout: visibilitySeconds,
        MessageSystemAttributeNames: ["ApproximateReceiveCount"],
      });
      // The client's own limit for an answer is shorter than this wait.
      const { Messages = [] } = await untilAborted(signal, (options) =>
        client.send(command, { ...options, requestTimeout: 2_000 * WAIT_SECONDS }),
      );
      const message = Messages[0];
      if (message === undefined) return undefined;
      return {
        messageId: message.MessageId ?? "",
        body: message.Body ?? "",
        receiptHandle: message.ReceiptHandle ?? "",
        queueArn: `arn:aws:sqs:::${name}`,
        receiveCount: Number(message.Attributes?.["ApproximateReceiveCount"] ?? 1),
      };
    },
    async renew({ receiptHandle }: LongLaneMessage, signal: AbortSignal): Promise<void> {
      const command = new ChangeMessageVisibilityCommand({
        QueueUrl: url,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: visibilitySeconds,
      });
      await untilAborted(signal, (options) => client.send(command, options));
    },
    async remove({ receiptHandle }: LongLaneMessage, signal: AbortSignal): Promise<void> {
      const command = new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receiptHandle });
      await untilAborted(signal, (options) => client.send(command, options));
    },
  };
}
