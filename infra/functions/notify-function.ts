import { Aws } from "aws-cdk-lib";
import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import { Topic } from "aws-cdk-lib/aws-sns";
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

/**
 * Allows CloudWatch to publish alarms of this account. SNS's default policy would allow it, but any explicit statement, such as the one
 * that enforces TLS, replaces that policy (Amazon SNS developer guide, "Default access policy").
 */
function publishStatement(topic: Topic): PolicyStatement {
  return new PolicyStatement({
    principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
    actions: ["sns:Publish"],
    resources: [topic.topicArn],
    conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
  });
}

/** Alarm -> topic -> webhook. @returns the topic for alarms. */
export function createNotifications(
  scope: Construct,
  { kind, webhook, hosts = [], of = "problems" }: Notifications,
  table: TableV2,
  settings: DeployedSettings,
): { readonly notify: NodejsFunction; readonly topic: ITopic } {
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
  // Without a KMS key: CloudWatch could not publish to a topic whose key it may not use, and alarms are not secret.
  const topic = new Topic(scope, "Alarms", { enforceSSL: true });
  topic.addToResourcePolicy(publishStatement(topic));
  topic.addSubscription(new LambdaSubscription(notify));
  return { notify, topic };
}
