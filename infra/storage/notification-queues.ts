import { Duration, Validations } from "aws-cdk-lib";
import { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import {
  NOTIFY_MAX_RECEIVE_COUNT,
  visibilitySeconds,
  NOTIFY_TIMEOUT_SECONDS,
} from "../../src/contract/stack/limits.ts";
import { queuesOf } from "../../src/contract/stack/queues.ts";
import type { DeployedSettings } from "../settings/settings.ts";
import { queueDefaults } from "./copy-queues.ts";

/** What channels are told, and what no channel took. */
export interface NotificationQueues {
  readonly notifications: Queue;
  readonly undelivered: Queue;
}

export function createNotificationQueues(
  scope: Construct,
  { source, destinations, longLane }: Pick<Configuration, "source" | "destinations" | "longLane">,
  settings: Pick<DeployedSettings, "deployment" | "encryptionKey" | "messageRetention">,
): NotificationQueues {
  const names = queuesOf({ stack: settings.deployment.stack, source, destinations, longLane });
  const common = queueDefaults(settings);
  const undelivered = new Queue(scope, "UndeliveredNotifications", {
    ...common,
    queueName: names.undeliveredNotifications.name,
  });
  Validations.of(undelivered).acknowledge({
    id: "AwsSolutions-SQS3",
    reason: "This is a dead-letter queue itself, for notifications that a channel did not take; people handle them.",
  });
  const notifications = new Queue(scope, "Notifications", {
    ...common,
    queueName: names.notifications.name,
    visibilityTimeout: Duration.seconds(visibilitySeconds(NOTIFY_TIMEOUT_SECONDS)),
    deadLetterQueue: { queue: undelivered, maxReceiveCount: NOTIFY_MAX_RECEIVE_COUNT },
  });
  return { notifications, undelivered };
}
