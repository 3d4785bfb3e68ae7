import { setTimeout as sleep } from "node:timers/promises";
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Message } from "@aws-sdk/client-sqs";
import * as z from "zod";
import { awsConfigOf, TEST_KEY } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { LOCAL_REGION } from "../access/local-aws.ts";
import type { LocalQueue } from "../emulators/sqs.ts";
import type { InvocationResult } from "./execution-environment.ts";

/** A queue whose messages invoke a function. */
export interface EventSourceMapping {
  /** Pauses or resumes polling, or lowers the concurrency, at most to what it started with again (Lambda API, UpdateEventSourceMapping). */
  update(change: MappingChange): void;
  /** Stops polling, waits up to `graceMs` for running invocations, then returns. */
  close(graceMs: number): Promise<void>;
}

export interface MappingChange {
  readonly enabled?: boolean | undefined;
  readonly maxConcurrency?: number | undefined;
}

export interface EventSourceMappingOptions {
  readonly endpoint: string;
  /** The access key for the queue. */
  readonly key?: AccessKeyId;
  readonly queue: LocalQueue;
  readonly invoke: (event: unknown) => Promise<InvocationResult>;
  /** Maximum number of messages in one invocation. */
  readonly batchSize: number;
  /** Maximum number of concurrent invocations (Lambda's MaximumConcurrency). */
  readonly maxConcurrency: number;
}

const WAIT_SECONDS = 10;
const RETRY_MS = 500;
/** How often a paused poller checks whether it may continue, in milliseconds. */
const REST_MS = 200;

/**
 * Feeds a queue's messages to a function as Lambda does (developer guide, "Using Lambda with Amazon SQS"): long polls,
 * deletes what succeeded, leaves the rest until its visibility ends.
 */
export function startEventSourceMapping(options: EventSourceMappingOptions): EventSourceMapping {
  const client = new SQSClient({
    ...awsConfigOf(options.key ?? TEST_KEY),
    endpoint: options.endpoint,
    useQueueUrlAsEndpoint: false,
  });
  const stopped = new AbortController();
  let enabled = true;
  let concurrency = options.maxConcurrency;
  const pollers = Array.from({ length: options.maxConcurrency }, (_, index) =>
    poll(client, { ...options, isResting: () => !enabled || index >= concurrency }, stopped.signal),
  );
  return {
    update(change) {
      enabled = change.enabled ?? enabled;
      concurrency = change.maxConcurrency ?? concurrency;
    },
    async close(graceMs) {
      stopped.abort();
      let timer: NodeJS.Timeout | undefined;
      const grace = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([Promise.all(pollers), grace]);
      clearTimeout(timer);
      client.destroy();
    },
  };
}

async function poll(
  client: SQSClient,
  options: EventSourceMappingOptions & { readonly isResting: () => boolean },
  stopped: AbortSignal,
): Promise<void> {
  const { queue, batchSize, isResting } = options;
  while (!stopped.aborted) {
    if (isResting()) {
      await sleep(REST_MS, undefined, { signal: stopped }).catch(() => undefined);
      continue;
    }
    const receive = new ReceiveMessageCommand({
      QueueUrl: queue.url,
      MaxNumberOfMessages: Math.min(batchSize, 10),
      WaitTimeSeconds: WAIT_SECONDS,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    });
    try {
      const { Messages = [] } = await client.send(receive, { abortSignal: stopped });
      if (Messages.length > 0) await handle(client, options, Messages);
    } catch {
      if (!stopped.aborted) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

async function handle(
  client: SQSClient,
  { queue, invoke }: EventSourceMappingOptions,
  messages: Message[],
): Promise<void> {
  const result = await invoke({ Records: messages.map((message) => toRecord(message, queue)) });
  const done = succeeded(result, messages);
  if (done.length === 0) return;
  const Entries = done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  await client.send(new DeleteMessageBatchCommand({ QueueUrl: queue.url, Entries }));
}

/** The answer of a function with ReportBatchItemFailures. */
const BatchResponse = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish(),
});

/**
 * The messages of a batch to delete: all but those the result names. A failed or killed invocation, an invalid answer, and an unknown
 * name keep all messages ("Reporting batch item failures").
 */
export function succeeded<T extends { MessageId?: string | undefined }>(
  result: InvocationResult,
  messages: readonly T[],
): T[] {
  if (result.kind !== "returned") return [];
  if (result.value === null || result.value === "") return [...messages];
  const response = BatchResponse.safeParse(result.value).data;
  if (response === undefined) return [];
  const failed = new Set((response.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier));
  if ([...failed].some((id) => !messages.some(({ MessageId }) => MessageId === id))) return [];
  return messages.filter(({ MessageId }) => MessageId === undefined || !failed.has(MessageId));
}

/** A record of an SQS event, in Lambda's own shape. */
function toRecord(message: Message, queue: LocalQueue): object {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, { StringValue, DataType }]) => [
        name,
        { stringValue: StringValue, dataType: DataType, stringListValues: [], binaryListValues: [] },
      ]),
    ),
    md5OfBody: message.MD5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN: queue.arn,
    awsRegion: LOCAL_REGION,
  };
}
