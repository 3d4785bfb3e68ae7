import { resourceName } from "./names.ts";
import type { Deployment } from "./names.ts";
import { serviceDomain } from "./partition.ts";

/** A queue of copy requests: which destination it serves, and where it is. */
export interface CopyQueue {
  readonly destination: string;
  readonly priority: Priority;
  readonly name: string;
  readonly url: string;
}

const PRIORITIES = ["live", "backfill", "long"] as const;
/** `live`: what was just pushed; `backfill`: what is in no hurry; `long`: what takes longer than a function may. */
export type Priority = (typeof PRIORITIES)[number];

/** Which deployment's queues, and of which configuration. */
export interface QueuesOptions extends Omit<Deployment, "region"> {
  readonly source: { readonly account: string; readonly region: string };
  readonly destinations: readonly { readonly name: string }[];
  /** Without a long lane, there are no queues of it. */
  readonly longLane: boolean;
  /** What stands before the queue's name, where a local server plays SQS. */
  readonly baseUrl?: string | undefined;
}

/** All queues of a deployment. */
export interface Queues {
  readonly copies: readonly CopyQueue[];
  readonly deadLetters: { readonly name: string; readonly url: string };
}

/**
 * The queues, by their names: nothing lists them, so that any number of destinations fits into a function's variables. A queue is in the
 * account and region of the source (SQS developer guide, "Queue and message identifiers").
 */
export function queuesOf({ stack, source, destinations, longLane, baseUrl = sqsUrl(source) }: QueuesOptions): Queues {
  const priorities = longLane ? PRIORITIES : PRIORITIES.filter((priority) => priority !== "long");
  const place = (part: string) => {
    const name = resourceName("queue", part, { stack, region: source.region });
    return { name, url: `${baseUrl}${name}` };
  };
  return {
    copies: destinations.flatMap(({ name: destination }) =>
      priorities.map((priority) => ({ destination, priority, ...place(`copies-${destination}-${priority}`) })),
    ),
    deadLetters: place("dead-letters"),
  };
}

/** The queue of an ARN, whose last part is its name. */
export function queueByArn(queues: readonly CopyQueue[], arn: string): CopyQueue | undefined {
  const name = arn.slice(arn.lastIndexOf(":") + 1);
  return queues.find((queue) => queue.name === name);
}

function sqsUrl({ account, region }: QueuesOptions["source"]): string {
  return `https://sqs.${region}.${serviceDomain(region)}/${account}/`;
}
