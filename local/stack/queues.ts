import {
  ANNOUNCE_TIMEOUT_SECONDS,
  COPY_MAX_RECEIVE_COUNT,
  NOTIFY_MAX_RECEIVE_COUNT,
  NOTIFY_TIMEOUT_SECONDS,
  visibilitySeconds,
} from "../../src/contract/stack/limits.ts";
import { resourceName } from "../../src/contract/stack/names.ts";
import { queuesOf } from "../../src/contract/stack/queues.ts";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "../access/local-aws.ts";
import type { LocalQueue, RunningSqs } from "../emulators/sqs.ts";
import { DESTINATION, STACK } from "./local-names.ts";

/** The queues of a stack with one destination. */
export type Queues = Readonly<
  Record<"live" | "backfill" | "long" | "deadLetters" | "undelivered" | "announcements" | "notifications", LocalQueue>
>;

/** Creates the queues as the deployed stack defines them, unless they exist. */
export function createQueues(sqs: RunningSqs, timeoutSeconds: number): Queues {
  const named = queuesOf({
    stack: STACK.stack,
    source: { account: LOCAL_ACCOUNT, region: LOCAL_REGION },
    destinations: [{ name: DESTINATION }],
    longLane: true,
  });
  const deadLetters = sqs.createQueue(named.deadLetters.name, {});
  const attributes = {
    VisibilityTimeout: String(visibilitySeconds(timeoutSeconds)),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: COPY_MAX_RECEIVE_COUNT }),
  };
  const [live, backfill, long] = named.copies.map(({ name }) => sqs.createQueue(name, attributes));
  if (live === undefined || backfill === undefined || long === undefined)
    throw new Error(`${DESTINATION} has no queues`);
  const undelivered = sqs.createQueue(resourceName("queue", "undelivered-events", STACK), {});
  const announcements = sqs.createQueue(named.announcements.name, {
    VisibilityTimeout: String(ANNOUNCE_TIMEOUT_SECONDS),
  });
  const given = sqs.createQueue(named.undeliveredNotifications.name, {});
  const notifications = sqs.createQueue(named.notifications.name, {
    VisibilityTimeout: String(visibilitySeconds(NOTIFY_TIMEOUT_SECONDS)),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: given.arn, maxReceiveCount: NOTIFY_MAX_RECEIVE_COUNT }),
  });
  return { notifications, deadLetters, undelivered, announcements, live, backfill, long };
}
