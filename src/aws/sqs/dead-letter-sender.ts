import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { Delivery } from "../../contract/stack/delivery.ts";
import type { DeadLetterReason } from "../../replication/outcome/dead-letter-reason.ts";
import { untilAborted } from "../client/until-aborted.ts";

/** Sends a copy of a message, with the reason, to the dead-letter queue. The message itself stays on its queue. */
export function createDeadLetterSender(client: SQSClient, { url }: { readonly url: string }) {
  return async (
    { body, queueArn }: Pick<Delivery, "body" | "queueArn">,
    reason: DeadLetterReason,
    signal: AbortSignal,
  ): Promise<void> => {
    const command = new SendMessageCommand({
      QueueUrl: url,
      MessageBody: bodyOf(body),
      MessageAttributes: attributesOf({ ...reason, error: reason.message || reason.reason, queue: queueArn }),
    });
    await untilAborted(signal, (options) => client.send(command, options));
  };
}

/** SQS takes 1 MiB of body and attributes together (SendMessage); the attributes stay below 16 KiB. */
const BODY_MAX_BYTES: number = (1024 - 16) * 1024;
/** Characters that SQS refuses in bodies and attributes (SendMessage, "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD ..."). */
// oxlint-disable-next-line no-control-regex
const REFUSED = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/** The body as SQS accepts it: refused characters are replaced, and what exceeds the limit is cut. */
function bodyOf(body: string): string {
  const clean = body.replaceAll(REFUSED, "\u{FFFD}");
  if (Buffer.byteLength(clean) <= BODY_MAX_BYTES) return clean || "(empty)";
  return new TextDecoder().decode(Buffer.from(clean).subarray(0, BODY_MAX_BYTES)).replace(/\u{FFFD}$/u, "");
}

/** Message attributes of the values that are set, each at most 1,024 characters long. */
function attributesOf(values: DeadLetterReason & { readonly error: string; readonly queue: string }) {
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
