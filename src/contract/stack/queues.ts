import { resourceName } from "./names.ts";
import type { Deployment } from "./names.ts";
import { serviceDomain } from "./partition.ts";

/** A queue of copy requests for one destination. */
export interface CopyQueue {
  readonly destination: string;
  readonly priority: Priority;
  readonly name: string;
  readonly url: string;
}

const PRIORITIES = ["live", "backfill", "long"] as const;
/** `live`: new pushes; `backfill`: requests of comparisons and redrives, and pre-copies; `long`: copies that take longer than a function may. */
export type Priority = (typeof PRIORITIES)[number];

/** The deployment and configuration whose queues to name. */
export interface QueuesOptions extends Omit<Deployment, "region"> {
  readonly source: { readonly account: string; readonly region: string };
  readonly destinations: readonly { readonly name: string }[];
  /** Whether there are queues of the long lane. */
  readonly longLane: boolean;
  /** Base URL of the queues, where a local server emulates SQS. */
  readonly baseUrl?: string | undefined;
}

/** All queues of a deployment. */
export interface Queues {
  readonly copies: readonly CopyQueue[];
  readonly deadLetters: { readonly name: string; readonly url: string };
  /** Announcements of pushes, on their way to the event bus. */
  readonly announcements: { readonly name: string; readonly url: string };
  /** What channels are told, and what no channel took; only in a stack with channels. */
  readonly notifications: { readonly name: string; readonly url: string };
  readonly undeliveredNotifications: { readonly name: string; readonly url: string };
}

/**
 * All queues of a deployment. Their names and URLs are derived and not passed in variables, so that the number of destinations is not
 * limited by the size of a function's variables. The queues are in the account and region of the source (SQS developer guide, "Queue and
 * message identifiers").
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
    announcements: place("announcements"),
    notifications: place("notifications"),
    undeliveredNotifications: place("undelivered-notifications"),
  };
}

/** The queue with an ARN, which ends with its name. */
export function queueByArn(queues: readonly CopyQueue[], arn: string): CopyQueue | undefined {
  const name = arn.slice(arn.lastIndexOf(":") + 1);
  return queues.find((queue) => queue.name === name);
}

function sqsUrl({ account, region }: QueuesOptions["source"]): string {
  return `https://sqs.${region}.${serviceDomain(region)}/${account}/`;
}
