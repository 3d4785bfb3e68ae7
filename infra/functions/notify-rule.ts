import { Aws, Duration } from "aws-cdk-lib";
import { Rule } from "aws-cdk-lib/aws-events";
import { SqsQueue } from "aws-cdk-lib/aws-events-targets";
import type { Construct } from "constructs";
import type { NotificationChannel } from "../../src/contract/channels/notification-channel.ts";
import { RULE_MAX_AGE_HOURS, RULE_RETRIES } from "../../src/contract/stack/limits.ts";
import { EVENT_SOURCE } from "../../src/contract/stack/names.ts";
import type { NotificationQueues } from "../storage/notification-queues.ts";

/** The events about pushes that a kind of notice is made of. A recovery is the end of a problem, which the function knows. */
const EVENTS = {
  failed: ["Failed"],
  late: ["Late"],
  quarantined: ["Skipped"],
  recovered: ["Replicated", "LateArrived", "Repaired"],
  alarm: [],
} as const satisfies Record<NotificationChannel["on"][number], readonly string[]>;

/** The rule on the default bus that sends those events of this stack to the queue of notifications that some channel is told about. */
export function createNotifyRule(
  scope: Construct,
  channels: readonly NotificationChannel[],
  { stack, queues }: { readonly stack: string; readonly queues: NotificationQueues },
): void {
  const kinds = new Set(channels.flatMap(({ on }) => on));
  const detailType = [...kinds].flatMap((kind) => EVENTS[kind]);
  if (detailType.length === 0) return;
  new Rule(scope, "Notifying", {
    description: "Events about pushes that channels are told about",
    eventPattern: {
      source: [EVENT_SOURCE],
      account: [Aws.ACCOUNT_ID],
      detailType,
      // A skipped push is no news, unless it was quarantined. A late one has no outcome.
      detail: { stack: [stack], outcome: [{ "anything-but": ["skipped"] }, { exists: false }] },
    },
    targets: [
      new SqsQueue(queues.notifications, {
        deadLetterQueue: queues.undelivered,
        maxEventAge: Duration.hours(RULE_MAX_AGE_HOURS),
        retryAttempts: RULE_RETRIES,
      }),
    ],
  });
}
