import { ChangeMessageVisibilityCommand, DeleteMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { COPY_MAX_RECEIVE_COUNT } from "../../contract/stack/limits.ts";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { untilAborted } from "../client/until-aborted.ts";
import { queueByArn } from "../../contract/stack/queues.ts";
import type { Queues } from "../../contract/stack/queues.ts";

/** A received message. */
export interface ReceivedMessage {
  readonly body: string;
  readonly receiptHandle: string;
  /** ARN of the queue it came from. */
  readonly queueArn: string;
  /** How often it was delivered, this time included. */
  readonly receiveCount: number;
  /** The group it is queued fairly with. */
  readonly groupId?: string | undefined;
}

/** Why a message can never be carried out: what the dead letter says beside its body. */
export interface Burial {
  /** What has to change first, and in which way it failed: of small vocabularies, redrive selects by them. */
  readonly class: string;
  readonly reason: string;
  readonly message: string;
  /** Key of the tag record. */
  readonly record: string | undefined;
  readonly correlationId: string | undefined;
}

/** What can become of a message beside being done. */
export interface MessageFate {
  /** Shows the message again after a while (0 to 43,200 s: SQS, ChangeMessageVisibility). */
  readonly defer: (message: ReceivedMessage, afterMs: number, signal: AbortSignal) => Promise<void>;
  /** Keeps the message, with its reason, where people look after it. */
  readonly bury: (message: ReceivedMessage, burial: Burial, signal: AbortSignal) => Promise<void>;
}

const VISIBILITY_MAX_SECONDS = 43_200;
/** The longest that SQS holds a new message back (SendMessage, DelaySeconds). */
const DELAY_MAX_SECONDS = 900;
/** Deliveries after which a message is replaced by a fresh one: waiting must not use up what SQS allows. */
const FRESH_FROM: number = COPY_MAX_RECEIVE_COUNT * 0.9;

export function createMessageFate(client: SQSClient, { copies, deadLetters }: Queues): MessageFate {
  return {
    async defer(message, afterMs, signal) {
      const { receiptHandle, queueArn } = message;
      const queue = queueByArn(copies, queueArn);
      if (queue === undefined) throw new Error(`the message came from ${queueArn}, which is not a queue of this stack`);
      const seconds = Math.min(Math.max(Math.ceil(afterMs / 1_000), 0), VISIBILITY_MAX_SECONDS);
      if (message.receiveCount >= FRESH_FROM) return replace(message, { client, url: queue.url, seconds }, signal);
      const command = new ChangeMessageVisibilityCommand({
        QueueUrl: queue.url,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      });
      await untilAborted(signal, (options) => client.send(command, options));
    },
    async bury({ body, queueArn }, burial, signal) {
      const command = new SendMessageCommand({
        QueueUrl: deadLetters.url,
        MessageBody: bodyOf(body),
        MessageAttributes: attributesOf({ ...burial, error: burial.message || burial.reason, queue: queueArn }),
      });
      await untilAborted(signal, (options) => client.send(command, options));
    },
  };
}

/** SQS takes 1 MiB of body and attributes together (SendMessage); ours stay below 16 KiB. */
const BODY_MAX_BYTES: number = (1024 - 16) * 1024;
/** Characters that SQS refuses in bodies and attributes (SendMessage, "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD ..."). */
// oxlint-disable-next-line no-control-regex
const REFUSED = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/** The body as SQS takes it: what would make it refuse the dead letter is replaced or cut, and nothing else. */
function bodyOf(body: string): string {
  const clean = body.replaceAll(REFUSED, "\u{FFFD}");
  if (Buffer.byteLength(clean) <= BODY_MAX_BYTES) return clean || "(empty)";
  return new TextDecoder().decode(Buffer.from(clean).subarray(0, BODY_MAX_BYTES)).replace(/\u{FFFD}$/u, "");
}

/** The same request as a new message, then without the old one: what dies in between leaves both, which does no harm. */
async function replace(
  { body, receiptHandle, groupId }: ReceivedMessage,
  { client, url, seconds }: { readonly client: SQSClient; readonly url: string; readonly seconds: number },
  signal: AbortSignal,
): Promise<void> {
  const sent = new SendMessageCommand({
    QueueUrl: url,
    MessageBody: body,
    DelaySeconds: Math.min(seconds, DELAY_MAX_SECONDS),
    ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
  });
  await untilAborted(signal, (options) => client.send(sent, options));
  const deleted = new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receiptHandle });
  await untilAborted(signal, (options) => client.send(deleted, options));
}

/** Attributes of the values there are, each cut to what a person reads. */
function attributesOf(values: Burial & { readonly error: string; readonly queue: string }) {
  const { class: failure, reason, error, queue, record, correlationId } = values;
  const named = { class: failure, reason, error, queue, record, correlationId };
  return Object.fromEntries(
    Object.entries(named)
      .filter(([, value]) => value !== undefined && value !== "")
      .map(([name, value = ""]) => [
        name,
        { DataType: "String", StringValue: value.slice(0, 1_024).replaceAll(REFUSED, "\u{FFFD}") },
      ]),
  );
}
