import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { LambdaSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import type { NotifyEnvironment } from "../../src/contract/stack/environment.ts";
import { ASYNC_MAX_AGE_SECONDS, ASYNC_RETRIES, NOTIFY_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { allowKeyForRoles } from "../access/kms-access.ts";
import { createNodeFunction } from "./node-function.ts";
import { roleOf } from "../access/role-of.ts";
import { allowRecords } from "../access/record-access.ts";
import type { DeployedSettings, Notifications } from "../settings/settings.ts";

/** Topic of alarms -> webhook. */
export function createNotifications(
  scope: Construct,
  { kind, webhook, hosts = [], of = "problems" }: Notifications,
  { table, topic }: { readonly table: TableV2; readonly topic: ITopic },
  settings: DeployedSettings,
): void {
  const notify = createNodeFunction(scope, "Notify", {
    name: "notify",
    environment: {
      FREIGHTLINER_STACK: settings.deployment.stack,
      FREIGHTLINER_TABLE: table.tableName,
      FREIGHTLINER_WEBHOOK_SECRET: webhook.secretArn,
      FREIGHTLINER_WEBHOOK_KIND: kind,
      FREIGHTLINER_WEBHOOK_HOSTS: JSON.stringify(hosts),
      FREIGHTLINER_NOTIFY_OF: of,
    } satisfies NotifyEnvironment,
    memoryMegabytes: 256,
    timeoutSeconds: NOTIFY_TIMEOUT_SECONDS,
    // SNS invokes it asynchronously. Lambda retries after one minute, and again after two.
    asynchronous: { retries: ASYNC_RETRIES, maxAgeSeconds: ASYNC_MAX_AGE_SECONDS },
    settings,
  });
  webhook.grantRead(notify);
  allowRecords(roleOf(notify), table, "notify");
  if (settings.encryptionKey !== undefined) allowKeyForRoles([roleOf(notify)], settings.encryptionKey);
  topic.addSubscription(new LambdaSubscription(notify));
}
