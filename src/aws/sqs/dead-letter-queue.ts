import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import type { Message, SQSClient } from "@aws-sdk/client-sqs";
import { untilAborted } from "../client/until-aborted.ts";
import { traceAttribute } from "./trace-attribute.ts";
import { FAILURE_CLASSES } from "../../replication/outcome/failure-class.ts";
import type { FailureClass } from "../../replication/outcome/failure-class.ts";

/** A request that failed permanently, on the dead-letter queue. */
export interface DeadLetter {
  readonly id: string;
  readonly body: string;
  readonly class: FailureClass;
  readonly reason: string;
  readonly error: string;
  /** Key of the tag record; undefined when the message names none. */
  readonly record: string | undefined;
  /** ARN of the queue it came from. */
  readonly queueArn: string | undefined;
  /** When it was sent to this queue, in epoch milliseconds. */
  readonly deadLetteredAt: number;
  readonly receiptHandle: string;
}

/** How long a received or held letter stays hidden from other readers, in seconds. After that, it is visible again. */
export const CLAIM_SECONDS = 900;
/** Entries of a batch (SQS API reference, "ChangeMessageVisibilityBatch"). */
const BATCH = 10;
/** Consecutive responses without a new letter after which the queue counts as read: SQS samples only some of its servers each time. */
const EMPTY_ANSWERS = 2;

export type DeadLetterQueue = ReturnType<typeof createDeadLetterQueue>;

export function createDeadLetterQueue(client: SQSClient, url: string) {
  const queue = { client, url };
  return {
    /** Receives every letter once, and hides it from other readers until it is released, moved, or its claim expires. */
    async *receiveAll(signal: AbortSignal): AsyncGenerator<DeadLetter> {
      const seen = new Set<string>();
      for (let empty = 0; empty < EMPTY_ANSWERS;) {
        const command = new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: 1,
          VisibilityTimeout: CLAIM_SECONDS,
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
    /** Renews the claim on letters. @returns those whose claim could not be renewed. */
    renew: (letters: readonly DeadLetter[], signal: AbortSignal) =>
      setVisibility(queue, letters, CLAIM_SECONDS, signal),
    /** Makes letters visible to other readers again. Best effort: a letter that SQS does not release is visible again when its claim expires. */
    async release(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
      await setVisibility(queue, letters, 0, signal);
    },
    /** Sends a body to another queue, then deletes the letter. An interruption in between duplicates the request; it never loses it. */
    async move(
      { receiptHandle }: DeadLetter,
      to: { readonly url: string; readonly body: string },
      signal: AbortSignal,
    ): Promise<void> {
      const sent = new SendMessageCommand({ QueueUrl: to.url, MessageBody: to.body, ...traceAttribute(to.body) });
      await untilAborted(signal, (options) => client.send(sent, options));
      const deleted = new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receiptHandle });
      await untilAborted(signal, (options) => client.send(deleted, options));
    },
  };
}

/** @returns letters whose visibility SQS did not change. */
async function setVisibility(
  { client, url }: { readonly client: SQSClient; readonly url: string },
  letters: readonly DeadLetter[],
  seconds: number,
  signal: AbortSignal,
): Promise<ReadonlySet<DeadLetter>> {
  const failed = new Set<DeadLetter>();
  for (let at = 0; at < letters.length; at += BATCH) {
    const batch = letters.slice(at, at + BATCH);
    const Entries = batch.map(({ receiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: seconds,
    }));
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries });
    signal.throwIfAborted();
    const { Failed = [] } = await untilAborted(signal, (options) => client.send(command, options)).catch(() => {
      signal.throwIfAborted();
      return { Failed: Entries };
    });
    for (const { Id } of Failed) {
      const letter = batch[Number(Id)];
      if (letter !== undefined) failed.add(letter);
    }
  }
  return failed;
}

function toLetter({ MessageId, Body, ReceiptHandle, Attributes, MessageAttributes }: Message): DeadLetter {
  const attribute = (name: string): string | undefined => MessageAttributes?.[name]?.StringValue;
  // SQS itself moves messages that exceed the receive count, without our attributes.
  const named = attribute("class") ?? "undelivered";
  return {
    id: MessageId ?? "",
    body: Body ?? "",
    class: FAILURE_CLASSES.find((known) => known === named) ?? "unknown",
    reason: attribute("reason") ?? "delivered-too-often",
    error: attribute("error") ?? "",
    record: attribute("record"),
    queueArn: attribute("queue"),
    deadLetteredAt: Number(Attributes?.["SentTimestamp"] ?? 0),
    receiptHandle: ReceiptHandle ?? "",
  };
}
