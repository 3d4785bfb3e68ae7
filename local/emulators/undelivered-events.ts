import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { UndeliveredEvent } from "./event-bus.ts";
import { LOCAL_AWS } from "./local-aws.ts";
import type { LocalQueue } from "./sqs.ts";

/** Where a rule's dead letters go. */
export interface UndeliveredEvents extends Disposable {
  keep(undelivered: UndeliveredEvent): Promise<void>;
}

/** The dead-letter queue of a rule's target, with the attributes EventBridge gives them (user guide, "Dead-letter queues"). */
export function openUndeliveredEvents(endpoint: string, queue: LocalQueue): UndeliveredEvents {
  const client = new SQSClient({ ...LOCAL_AWS, endpoint, useQueueUrlAsEndpoint: false });
  return {
    async keep({ event, attempts, problem }) {
      const attributes = {
        ERROR_CODE: "SDK_CLIENT_ERROR",
        ERROR_MESSAGE: problem,
        EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts",
        RETRY_ATTEMPTS: String(attempts - 1),
      };
      await client.send(
        new SendMessageCommand({
          QueueUrl: queue.url,
          MessageBody: JSON.stringify(event),
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
          ),
        }),
      );
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}
