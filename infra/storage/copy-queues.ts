import { Duration, Validations } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { QueueProps } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { DeployedSettings, Settings } from "../settings/settings.ts";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { queuesOf } from "../../src/contract/stack/queues.ts";
import type { Priority } from "../../src/contract/stack/queues.ts";
import {
  ANNOUNCE_TIMEOUT_SECONDS,
  COPY_MAX_RECEIVE_COUNT,
  COPY_TIMEOUT_SECONDS,
  LONG_VISIBILITY_SECONDS,
  visibilitySeconds,
} from "../../src/contract/stack/limits.ts";

/** A queue of copy requests, with its destination and priority. */
export interface DescribedQueue {
  readonly destination: string;
  readonly priority: Priority;
  readonly queue: Queue;
}

/** Properties of all queues: TLS only, with the retention of the settings, encrypted with the team's key or one that SQS manages. */
export function queueDefaults({
  encryptionKey,
  messageRetention,
}: Pick<Settings, "encryptionKey" | "messageRetention">): QueueProps {
  const encryption =
    encryptionKey === undefined
      ? { encryption: QueueEncryption.SQS_MANAGED }
      : { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey };
  return { ...encryption, enforceSSL: true, retentionPeriod: messageRetention };
}

/** The distinct destinations of queues. */
export function destinationsOf(queues: readonly DescribedQueue[]): string[] {
  return [...new Set(queues.map(({ destination }) => destination))];
}

/** Creates separate queues for every destination, so that an unavailable one does not block the others, and for every priority. */
export function createCopyQueues(
  scope: Construct,
  { source, destinations, longLane }: Pick<Configuration, "source" | "destinations" | "longLane">,
  settings: Pick<DeployedSettings, "deployment" | "encryptionKey" | "messageRetention">,
): { readonly queues: readonly DescribedQueue[]; readonly deadLetters: Queue; readonly announcements: Queue } {
  const common = queueDefaults(settings);
  const names = queuesOf({ stack: settings.deployment.stack, source, destinations, longLane });
  const deadLetters = new Queue(scope, "DeadLetters", { ...common, queueName: names.deadLetters.name });
  Validations.of(deadLetters).acknowledge({
    id: "AwsSolutions-SQS3",
    reason: "This is the dead-letter queue itself; people handle its messages.",
  });
  const announcements = new Queue(scope, "Announcements", {
    ...common,
    queueName: names.announcements.name,
    visibilityTimeout: Duration.seconds(6 * ANNOUNCE_TIMEOUT_SECONDS),
  });
  Validations.of(announcements).acknowledge({
    id: "AwsSolutions-SQS3",
    reason: "A message that the event bus does not take is sent again until it expires; an alarm says that it waits.",
  });
  const queues = names.copies.map(({ destination, priority, name }) => ({
    destination,
    priority,
    queue: new Queue(scope, `Copies-${destination}-${priority}`, {
      ...common,
      queueName: name,
      visibilityTimeout: Duration.seconds(
        priority === "long" ? LONG_VISIBILITY_SECONDS : visibilitySeconds(COPY_TIMEOUT_SECONDS),
      ),
      // A backstop only: the tag record counts attempts, and the function sends permanent failures to the dead letters.
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: COPY_MAX_RECEIVE_COUNT },
    }),
  }));
  return { queues, deadLetters, announcements };
}
