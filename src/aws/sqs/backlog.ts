import type { SQSClient } from "@aws-sdk/client-sqs";
import type { CopyQueue } from "../../contract/stack/queues.ts";
import { QueueError } from "./copy-request-sender.ts";
import { queueDepth } from "./queue-depth.ts";

/** Counts the requests that wait in a destination's live queue, approximately. @throws {QueueError} for an unknown destination. */
export function createBacklogReader(client: SQSClient, queues: readonly CopyQueue[]) {
  return async (destination: string, signal: AbortSignal): Promise<number> => {
    const queue = queues.find((known) => known.destination === destination && known.priority === "live");
    if (queue === undefined) throw new QueueError(`destination ${destination} has no queue; deploy the stack again`);
    return (await queueDepth(client, queue.url, signal)).visible;
  };
}
