import {
  paginateListEventSourceMappings,
  ResourceNotFoundException,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { unlessAborted } from "../async/abort.ts";
import { untilAborted } from "./client/until-aborted.ts";
import type { Concurrency } from "../contract/stack/environment.ts";
import type { SetQueueState } from "../replication/destination/queue-pause.ts";
import { queueByArn } from "../contract/stack/queues.ts";
import type { CopyQueue } from "../contract/stack/queues.ts";

/** The lowest concurrency that Lambda accepts for a queue (MaximumConcurrency of an SQS event source). */
const LEAST = 2;

export interface QueueStateOptions {
  readonly client: LambdaClient;
  /** The copy function, whose mappings they are. */
  readonly functionName: string;
  readonly queues: readonly CopyQueue[];
  /** As deployed. */
  readonly concurrency: Concurrency;
}

/** Changes the event source mappings of the copy function (Lambda API, UpdateEventSourceMapping; takes up to a minute). */
export function createQueueStateSetter(options: QueueStateOptions): SetQueueState {
  const { client, queues } = options;
  const idOf = createMappingIds(options);

  async function set(queue: CopyQueue, state: Parameters<SetQueueState>[1], signal: AbortSignal): Promise<void> {
    // The long queues have no mapping: builds read them.
    if (queue.priority === "long") return;
    const deployed = options.concurrency[queue.priority];
    const wanted = state === "paused" ? undefined : (state.concurrency ?? deployed);
    const scaling =
      wanted === undefined
        ? {}
        : { ScalingConfig: { MaximumConcurrency: Math.max(Math.min(wanted, deployed), LEAST) } };
    const change = (UUID: string): Promise<unknown> => {
      const command = new UpdateEventSourceMappingCommand({ UUID, Enabled: wanted !== undefined, ...scaling });
      return untilAborted(signal, (options) => client.send(command, options));
    };
    try {
      await change(await idOf(queue, signal));
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      // A deployment has replaced the mapping since they were listed.
      await change(await idOf(queue, signal, "anew"));
    }
  }

  return async (destination, state, signal) => {
    for (const queue of queues.filter((known) => known.destination === destination)) await set(queue, state, signal);
  };
}

/** UUIDs of the mappings by queue (Lambda API, ListEventSourceMappings): listed once, and again when the caller requests it. */
function createMappingIds({ client, functionName, queues }: QueueStateOptions) {
  let listed: Promise<ReadonlyMap<string, string>> | undefined;

  async function list(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const ids = new Map<string, string>();
    const pages = paginateListEventSourceMappings({ client }, { FunctionName: functionName }, { abortSignal: signal });
    for await (const page of pages) {
      for (const { UUID, EventSourceArn = "" } of page.EventSourceMappings ?? []) {
        const queue = queueByArn(queues, EventSourceArn);
        if (queue !== undefined && UUID !== undefined) ids.set(queue.name, UUID);
      }
    }
    return ids;
  }

  return async ({ name }: CopyQueue, signal: AbortSignal, how: "known" | "anew" = "known"): Promise<string> => {
    if (how === "anew") listed = undefined;
    // Concurrent callers belong to one invocation and share its signal.
    listed ??= list(signal);
    const ids = await unlessAborted(listed, signal).catch((error: unknown) => {
      listed = undefined;
      throw error;
    });
    const id = ids.get(name);
    if (id === undefined) {
      listed = undefined;
      throw new Error(`${functionName} is not fed from the queue ${name}; deploy the stack again`);
    }
    return id;
  };
}
