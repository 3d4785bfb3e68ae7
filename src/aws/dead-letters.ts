import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import type { Message, SQSClient } from "@aws-sdk/client-sqs";
import { untilAborted } from "./abortable.ts";
import { FAILURE_CLASSES } from "../replication/failure-class.ts";
import type { FailureClass } from "../replication/failure-class.ts";

/** A request that failed for good, as it waits for somebody to look after it. */
export interface DeadLetter {
  readonly id: string;
  readonly body: string;
  readonly class: FailureClass;
  readonly reason: string;
  readonly error: string;
  /** Key of the tag record, where the message names one. */
  readonly record: string | undefined;
  /** ARN of the queue it came from. */
  readonly queueArn: string | undefined;
  /** When it was put here, epoch milliseconds. */
  readonly buriedAt: number;
  readonly receiptHandle: string;
}

/** How long letters are hidden from others while they are looked at: what has not been decided then shows again. */
const LOOK_SECONDS = 120;
/** Empty answers in a row after which the queue is believed to have been seen (SQS asks some of its servers each time). */
const EMPTY_ANSWERS = 2;

export function createDeadLetters(client: SQSClient, url: string) {
  return {
    /** Every letter, each once; hidden from others until it is let go of, moved, or two minutes have passed. */
    async *look(signal: AbortSignal): AsyncGenerator<DeadLetter> {
      const seen = new Set<string>();
      for (let empty = 0; empty < EMPTY_ANSWERS;) {
        const command = new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: 1,
          VisibilityTimeout: LOOK_SECONDS,
          MessageAttributeNames: ["All"],
          MessageSystemAttributeNames: ["SentTimestamp"],
        });
        const { Messages = [] } = await untilAborted(signal, (options) => client.send(command, options));
        const fresh = Messages.filter(({ MessageId = "" }) => !seen.has(MessageId));
        empty = fresh.length === 0 ? empty + 1 : 0;
        for (const message of fresh) {
          seen.add(message.MessageId ?? "");
          yield toLetter(message);
        }
      }
    },
    /** Lets others see a letter again. */
    async letGo({ receiptHandle }: DeadLetter, signal: AbortSignal): Promise<void> {
      const shown = { QueueUrl: url, ReceiptHandle: receiptHandle, VisibilityTimeout: 0 };
      await untilAborted(signal, (options) => client.send(new ChangeMessageVisibilityCommand(shown), options));
    },
    /** Puts a body on another queue, then takes the letter away: interrupted in between, it is there twice, never not at all. */
    async move(
      { receiptHandle }: DeadLetter,
      to: { readonly url: string; readonly body: string },
      signal: AbortSignal,
    ): Promise<void> {
      const sent = new SendMessageCommand({ QueueUrl: to.url, MessageBody: to.body });
      await untilAborted(signal, (options) => client.send(sent, options));
      const deleted = new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receiptHandle });
      await untilAborted(signal, (options) => client.send(deleted, options));
    },
  };
}

function toLetter({ MessageId, Body, ReceiptHandle, Attributes, MessageAttributes }: Message): DeadLetter {
  const attribute = (name: string): string | undefined => MessageAttributes?.[name]?.StringValue;
  // A message without our attributes was moved by SQS itself: it was delivered too often.
  const named = attribute("class") ?? "undelivered";
  return {
    id: MessageId ?? "",
    body: Body ?? "",
    class: FAILURE_CLASSES.find((known) => known === named) ?? "unknown",
    reason: attribute("reason") ?? "delivered-too-often",
    error: attribute("error") ?? "",
    record: attribute("record"),
    queueArn: attribute("queue"),
    buriedAt: Number(Attributes?.["SentTimestamp"] ?? 0),
    receiptHandle: ReceiptHandle ?? "",
  };
}
