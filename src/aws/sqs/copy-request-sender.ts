import { setTimeout as sleep } from "node:timers/promises";
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import type { SendMessageBatchRequestEntry, SQSClient } from "@aws-sdk/client-sqs";
import type { CopyQueue } from "../../contract/stack/queues.ts";
import { unlessAborted } from "../../async/abort.ts";
import { untilAborted } from "../client/until-aborted.ts";
import { traceAttribute } from "./trace-attribute.ts";
import type { CopyRequest } from "../../replication/planning/copy-request.ts";
import type { PreCopyRequest } from "../../replication/planning/pre-copy-request.ts";

/** At least one request could not be queued: the caller must send all of them again. */
export class QueueError extends Error {
  override readonly name = "QueueError";
}

/** The most messages in one call (SendMessageBatch). */
const BATCH = 10;
const MAX_TRIES = 3;

/** Sends requests to the queues of their destinations. @throws {QueueError} unless all are queued, or the signal's reason. */
export type SendCopyRequests = (
  requests: readonly (CopyRequest | PreCopyRequest)[],
  signal: AbortSignal,
  delaySeconds?: number,
) => Promise<void>;

export function createCopyRequestSender(
  client: SQSClient,
  queues: readonly CopyQueue[],
  priority: CopyQueue["priority"],
): SendCopyRequests {
  const urls = new Map(
    queues.filter((queue) => queue.priority === priority).map((queue) => [queue.destination, queue.url]),
  );
  return async (requests, signal, delaySeconds = 0) => {
    const byDestination = Map.groupBy(requests, (request) => request.destination);
    for (const [destination, group] of byDestination) {
      const url = urls.get(destination);
      if (url === undefined) throw new QueueError(`destination ${destination} has no queue; deploy the stack again`);
      for (let start = 0; start < group.length; start += BATCH) {
        const entries = group.slice(start, start + BATCH).map(toEntry);
        // SQS accepts 0 to 900 s (SendMessageBatch, DelaySeconds).
        const delay = delaySeconds === 0 ? {} : { DelaySeconds: delaySeconds };
        await sendAll(
          client,
          url,
          entries.map((entry) => ({ ...entry, ...delay })),
          signal,
        );
      }
    }
  };
}

async function sendAll(
  client: SQSClient,
  url: string,
  entries: readonly SendMessageBatchRequestEntry[],
  signal: AbortSignal,
): Promise<void> {
  let left = [...entries];
  for (let tries = 1; ; tries++) {
    const command = new SendMessageBatchCommand({ QueueUrl: url, Entries: left });
    const { Failed = [] } = await untilAborted(signal, (options) => client.send(command, options));
    if (Failed.length === 0) return;
    const why = Failed.map(({ Code, Message }) => `${Code} ${Message}`).join("; ");
    if (tries === MAX_TRIES) throw new QueueError(`${Failed.length} requests were not queued: ${why}`);
    left = left.filter(({ Id }) => Failed.some((failed) => failed.Id === Id));
    await unlessAborted(sleep(Math.random() * 200 * tries), signal);
  }
}

/** The message group is the repository: with SQS's fair queues, a busy repository does not starve the others. */
function toEntry(request: CopyRequest | PreCopyRequest, index: number): SendMessageBatchRequestEntry {
  const body = JSON.stringify(request);
  const message = { MessageBody: body, MessageGroupId: groupId(request.repository), ...traceAttribute(body) };
  return { Id: String(index), ...message };
}

/** A group id has at most 128 characters (SQS API reference, SendMessage, MessageGroupId). */
function groupId(repository: string): string {
  return repository.slice(-128);
}
