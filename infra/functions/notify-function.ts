import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription, LambdaSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import type { NotificationChannel } from "../../src/contract/channels/notification-channel.ts";
import { storedSecret } from "../../src/contract/providers/provider.ts";
import type { StoredSecret } from "../../src/contract/providers/provider.ts";
import type { NotifyEnvironment } from "../../src/contract/stack/environment.ts";
import { ASYNC_MAX_AGE_SECONDS, ASYNC_RETRIES, NOTIFY_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { resourceName } from "../../src/contract/stack/names.ts";
import type { Deployment } from "../../src/contract/stack/names.ts";
import { allowKeyForRoles } from "../access/kms-access.ts";
import { CONSUME_ACTIONS, restrictActions } from "../access/queue-access.ts";
import { allowRecords } from "../access/record-access.ts";
import { roleOf } from "../access/role-of.ts";
import { allowReadingSecrets } from "../access/secret-access.ts";
import { createNotificationQueues } from "../storage/notification-queues.ts";
import type { NotificationQueues } from "../storage/notification-queues.ts";
import { configuredVariables } from "./configuration-layer.ts";
import type { FunctionParts } from "./functions.ts";
import { createNodeFunction } from "./node-function.ts";
import { createNotifyRule } from "./notify-rule.ts";
import { everyMinutes } from "./schedules.ts";
import type { Schedules } from "./schedules.ts";

export interface NotificationsProps extends Omit<FunctionParts, "text" | "queues"> {
  /** Receives the alarms of the stack; undefined without channels. */
  readonly alarms: ITopic | undefined;
  readonly schedules: Schedules;
}

/** The source of events that channels of the kind `eventBridge` get. */
const SOURCE = "freightliner.notifications";

/**
 * Events about pushes and alarms -> queue -> notify function -> channels. @returns undefined without channels.
 */
export function createNotifications(scope: Construct, props: NotificationsProps): NotificationQueues | undefined {
  const { configuration, settings, alarms, schedules } = props;
  const channels = configuration.stack.notifications;
  if (channels.length === 0 || alarms === undefined) return undefined;
  const queues = createNotificationQueues(scope, configuration, settings);
  const notify = createNotifyFunction(scope, props);
  const role = roleOf(notify);
  restrictActions(queues.notifications, ["sqs:SendMessage"], [role]);
  notify.addToRolePolicy(
    new PolicyStatement({ actions: [...CONSUME_ACTIONS], resources: [queues.notifications.queueArn] }),
  );
  notify.addEventSourceMapping("Queue", {
    eventSourceArn: queues.notifications.queueArn,
    batchSize: 10,
    reportBatchItemFailures: true,
    maxConcurrency: 2,
  });
  alarms.addSubscription(new LambdaSubscription(notify));
  createNotifyRule(scope, channels, { stack: settings.deployment.stack, queues });
  allowReadingSecrets([role], channels.flatMap(secretsOf));
  for (const channel of channels) openChannel(scope, channel, notify, { schedules, deployment: settings.deployment });
  return queues;
}

/** The secrets of a channel: its URL, and what signs. */
function secretsOf(channel: NotificationChannel): StoredSecret[] {
  if (!("webhook" in channel)) return [];
  const signing = channel.kind === "webhook" && channel.signingSecret !== undefined ? [channel.signingSecret] : [];
  return [channel.webhook, ...signing].map((arn) => storedSecret(arn, channel.secretEncryptionKey));
}

function createNotifyFunction(
  scope: Construct,
  { configuration, layer, external, table, settings }: NotificationsProps,
): LambdaFunction {
  const notify = createNodeFunction(scope, "Notify", {
    name: "notify",
    environment: {
      ...configuredVariables(configuration, settings.deployment),
      FREIGHTLINER_APPCONFIG: external.profile,
      FREIGHTLINER_TABLE: table.tableName,
    } satisfies NotifyEnvironment,
    memoryMegabytes: 256,
    timeoutSeconds: NOTIFY_TIMEOUT_SECONDS,
    // The topic of alarms invokes it asynchronously. Lambda retries after one minute, and again after two.
    asynchronous: { retries: ASYNC_RETRIES, maxAgeSeconds: ASYNC_MAX_AGE_SECONDS },
    settings,
  });
  notify.addLayers(layer);
  const role = roleOf(notify);
  external.allowReading(role);
  allowRecords(role, table, "notify");
  if (settings.encryptionKey !== undefined) allowKeyForRoles([role], settings.encryptionKey);
  return notify;
}

/** What a channel needs beside the function: a topic for mails, a permission on a bus, a schedule for digests. */
function openChannel(
  scope: Construct,
  channel: NotificationChannel,
  notify: LambdaFunction,
  { schedules, deployment }: { readonly schedules: Schedules; readonly deployment: Deployment },
): void {
  const { name, digestMinutes } = channel;
  if (channel.kind === "email") {
    const topicName = resourceName("topic", `notify-${name}`, deployment);
    const topic = new Topic(scope, `Mails-${name}`, { topicName, enforceSSL: true });
    for (const address of channel.addresses) topic.addSubscription(new EmailSubscription(address));
    notify.addToRolePolicy(new PolicyStatement({ actions: ["sns:Publish"], resources: [topic.topicArn] }));
  }
  if (channel.kind === "eventBridge") {
    const conditions = { StringEquals: { "events:source": SOURCE } };
    notify.addToRolePolicy(
      new PolicyStatement({ actions: ["events:PutEvents"], resources: [channel.bus], conditions }),
    );
  }
  if (digestMinutes !== undefined) {
    schedules.add({
      name: `digest-${name}`,
      description: `Sends what the channel ${name} has collected`,
      expression: everyMinutes(digestMinutes),
      target: notify,
      input: { digest: name },
      retries: 0,
    });
  }
}
