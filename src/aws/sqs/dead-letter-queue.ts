import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import type { Message, SQSClient } from "@aws-sdk/client-sqs";
import { untilAborted } from "../client/until-aborted.ts";
import { FAILURE_CLASSES } from "../../replication/outcome/failure-class.ts";
import type { FailureClass } from "../../replication/outcome/failure-class.ts";

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
  readonly deadLetteredAt: number;
  readonly receiptHandle: string;
}

/** How long letters are hidden from others from the time they are looked at or held: what has not been decided then shows again. */
export const CLAIM_SECONDS = 900;
/** Entries of a batch (SQS API reference, "ChangeMessageVisibilityBatch"). */
const BATCH = 10;
/** Empty answers in a row after which the queue is believed to have been seen (SQS asks some of its servers each time). */
const EMPTY_ANSWERS = 2;

export type DeadLetterQueue = ReturnType<typeof createDeadLetterQueue>;

export function createDeadLetterQueue(client: SQSClient, url: string) {
  const queue = { client, url };
  return {
    /** Every letter, each once; hidden from others until it is let go of, moved, or its claim is over. */
    async *look(signal: AbortSignal): AsyncGenerator<DeadLetter> {
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
    /** Claims letters anew. @returns those whose claim was over before. */
    hold: (letters: readonly DeadLetter[], signal: AbortSignal) => setVisibility(queue, letters, CLAIM_SECONDS, signal),
    /** Lets others see letters again. One that they see already, or that cannot be let go of now, shows again when its claim is over. */
    async letGo(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
      await setVisibility(queue, letters, 0, signal);
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
    deadLetteredAt: Number(Attributes?.["SentTimestamp"] ?? 0),
    receiptHandle: ReceiptHandle ?? "",
  };
}
