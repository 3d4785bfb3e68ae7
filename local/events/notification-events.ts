import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { awsConfigOf } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import type { PutEvent } from "../emulators/put-events.ts";
import type { LocalQueue } from "../emulators/sqs.ts";
import { EVENT_SOURCE } from "../../src/contract/stack/names.ts";

/** The rule that sends events about pushes to the queue of notifications. */
export interface NotificationEvents extends Disposable {
  /** Sends an event as EventBridge sends it to a queue (EventBridge user guide, "Events"). The queue's function ignores what it does not tell. */
  readonly put: (event: PutEvent) => void;
}

export function openNotificationEvents(endpoint: string, queue: LocalQueue, key: AccessKeyId): NotificationEvents {
  const client = new SQSClient({ ...awsConfigOf(key), endpoint, useQueueUrlAsEndpoint: false });
  return {
    put({ id, source, type, detail }) {
      if (source !== EVENT_SOURCE) return;
      const MessageBody = JSON.stringify({ version: "0", id, source, "detail-type": type, detail });
      // Only a stack that ends refuses it.
      client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody })).catch(() => undefined);
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}
