import { ChangeMessageVisibilityCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { CopyQueue } from "../contract/environment.ts";

/** A received message. */
export interface ReceivedMessage {
  readonly body: string;
  readonly receiptHandle: string;
  /** ARN of the queue it came from. */
  readonly queueArn: string;
}

/** Why a message can never be carried out. */
export interface Verdict {
  /** Short and of a small vocabulary: redrive selects by it. */
  readonly reason: string;
  readonly message: string;
}

/** What can become of a message beside being done. */
export interface MessageFate {
  /** Shows the message again after a while (0 to 43,200 s: SQS, ChangeMessageVisibility). */
  readonly defer: (message: ReceivedMessage, afterMs: number) => Promise<void>;
  /** Keeps the message, with its reason, where people look after it. */
  readonly bury: (message: ReceivedMessage, verdict: Verdict) => Promise<void>;
}

const VISIBILITY_MAX_SECONDS = 43_200;

export function createMessageFate(
  client: SQSClient,
  queues: readonly CopyQueue[],
  deadLettersUrl: string,
): MessageFate {
  return {
    async defer({ receiptHandle, queueArn }, afterMs) {
      const queue = queues.find(({ arn }) => arn === queueArn);
      if (queue === undefined) throw new Error(`the message came from ${queueArn}, which is not a queue of this stack`);
      const seconds = Math.min(Math.max(Math.ceil(afterMs / 1_000), 0), VISIBILITY_MAX_SECONDS);
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queue.url,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: seconds,
        }),
      );
    },
    async bury({ body, queueArn }, { reason, message }) {
      await client.send(
        new SendMessageCommand({
          QueueUrl: deadLettersUrl,
          MessageBody: body,
          MessageAttributes: {
            reason: { DataType: "String", StringValue: reason.slice(0, 256) },
            error: { DataType: "String", StringValue: message.slice(0, 1_024) || reason },
            queue: { DataType: "String", StringValue: queueArn },
          },
        }),
      );
    },
  };
}
