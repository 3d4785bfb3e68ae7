import { ChangeMessageVisibilityCommand, DeleteMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { Delivery } from "../../contract/stack/delivery.ts";
import { COPY_MAX_RECEIVE_COUNT } from "../../contract/stack/limits.ts";
import { queueByArn } from "../../contract/stack/queues.ts";
import type { CopyQueue } from "../../contract/stack/queues.ts";
import { untilAborted } from "../client/until-aborted.ts";
import { traceAttribute } from "./trace-attribute.ts";

/** The longest visibility timeout (ChangeMessageVisibility, VisibilityTimeout). */
const VISIBILITY_MAX_SECONDS = 43_200;
/** The longest delay of a new message (SendMessage, DelaySeconds). */
const DELAY_MAX_SECONDS = 900;
/** From this delivery on, a message is replaced by a new one: waiting must not use up the receive count that SQS allows. */
const REPLACE_FROM: number = COPY_MAX_RECEIVE_COUNT * 0.9;

/**
 * Defers a message: SQS shows it again after `afterMs`, which is clamped to 0 to 43,200 s, or to 0 to 900 s where the message is replaced.
 * Each deferred `CopyReport` carries its `afterMs`: `src/replication/copy/failure-outcome.ts` chooses that of a failed copy,
 * `src/replication/destination/circuit-breaker.ts` that of an open circuit; search for `outcome: "deferred"` to find the others.
 */
export type DeferMessage = (
  message: Omit<Delivery, "messageId">,
  afterMs: number,
  signal: AbortSignal,
) => Promise<void>;

export function createDeferral(client: SQSClient, queues: readonly CopyQueue[]): DeferMessage {
  return async (message, afterMs, signal) => {
    const { receiptHandle, queueArn } = message;
    const queue = queueByArn(queues, queueArn);
    if (queue === undefined) throw new Error(`the message came from ${queueArn}, which is not a queue of this stack`);
    const seconds = Math.min(Math.max(Math.ceil(afterMs / 1_000), 0), VISIBILITY_MAX_SECONDS);
    if (message.receiveCount >= REPLACE_FROM) return replace(message, { client, url: queue.url, seconds }, signal);
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: queue.url,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: seconds,
    });
    await untilAborted(signal, (options) => client.send(command, options));
  };
}

/** Sends the request as a new message, then deletes the old one. A crash in between leaves both, which is harmless: requests are idempotent. */
async function replace(
  { body, receiptHandle, groupId }: Omit<Delivery, "messageId">,
  { client, url, seconds }: { readonly client: SQSClient; readonly url: string; readonly seconds: number },
  signal: AbortSignal,
): Promise<void> {
  const sent = new SendMessageCommand({
    QueueUrl: url,
    MessageBody: body,
    ...traceAttribute(body),
    DelaySeconds: Math.min(seconds, DELAY_MAX_SECONDS),
    ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
  });
  await untilAborted(signal, (options) => client.send(sent, options));
  const deleted = new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receiptHandle });
  await untilAborted(signal, (options) => client.send(deleted, options));
}
