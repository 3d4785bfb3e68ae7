import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { FailureRecord } from "../lambda/asynchronous-invocation.ts";
import type { UndeliveredEvent } from "./event-bus.ts";
import { awsConfigOf, TEST_KEY } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import type { LocalQueue } from "../emulators/sqs.ts";

/** The queue of undelivered events: the rule's dead-letter queue and the fan-out function's failure destination. */
export interface UndeliveredEvents extends Disposable {
  /** Sends an event that Lambda did not accept, as EventBridge does. */
  readonly keepEvent: (undelivered: UndeliveredEvent) => Promise<void>;
  /** Sends the record of a failed invocation, as Lambda does: in the message's body, without attributes. */
  readonly keepFailure: (record: FailureRecord) => Promise<void>;
}

export function openUndeliveredEvents(
  endpoint: string,
  queue: LocalQueue,
  key: AccessKeyId = TEST_KEY,
): UndeliveredEvents {
  const client = new SQSClient({ ...awsConfigOf(key), endpoint, useQueueUrlAsEndpoint: false });
  return {
    async keepEvent({ event, attempts, refusal }) {
      await client.send(
        new SendMessageCommand({
          QueueUrl: queue.url,
          MessageBody: JSON.stringify(event),
          MessageAttributes: Object.fromEntries(
            Object.entries(attributesOf(attempts, refusal)).map(([name, StringValue]) => [
              name,
              { DataType: "String", StringValue },
            ]),
          ),
        }),
      );
    },
    async keepFailure(record) {
      await client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: JSON.stringify(record) }));
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}

/** The attributes of a dead letter (EventBridge user guide, "Using dead-letter queues to process undelivered events"). */
function attributesOf(attempts: number, { code, problem }: UndeliveredEvent["refusal"]): Record<string, string> {
  const isRetried = code === "THROTTLING";
  return {
    ERROR_CODE: code,
    ERROR_MESSAGE: problem,
    RETRY_ATTEMPTS: String(attempts - 1),
    ...(isRetried ? { EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts" } : {}),
  };
}
