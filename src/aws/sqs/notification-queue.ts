import { ChangeMessageVisibilityCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { untilAborted } from "../client/until-aborted.ts";
import { QueueError } from "./copy-request-sender.ts";

/** The queue of what channels are told. */
export interface NotificationQueue {
  /** Sends the body of a message. @throws {QueueError} */
  send(body: string, signal: AbortSignal): Promise<void>;
  /** Has a message delivered again after this time, in milliseconds. */
  again(receiptHandle: string, afterMs: number, signal: AbortSignal): Promise<void>;
}

export function createNotificationQueue(client: SQSClient, { url }: { readonly url: string }): NotificationQueue {
  return {
    async send(body, signal) {
      const command = new SendMessageCommand({ QueueUrl: url, MessageBody: body });
      try {
        await untilAborted(signal, (options) => client.send(command, options));
      } catch (cause) {
        signal.throwIfAborted();
        throw new QueueError("a notification was not queued", { cause });
      }
    },
    async again(receiptHandle, afterMs, signal) {
      const command = new ChangeMessageVisibilityCommand({
        QueueUrl: url,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: Math.ceil(afterMs / 1_000),
      });
      await untilAborted(signal, (options) => client.send(command, options));
    },
  };
}
