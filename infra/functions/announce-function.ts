import { Aws } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { StackEnvironment } from "../../src/contract/stack/environment.ts";
import { ANNOUNCE_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { EVENT_SOURCE } from "../../src/contract/stack/names.ts";
import { allowKeyForRoles } from "../access/kms-access.ts";
import { CONSUME_ACTIONS, restrictActions } from "../access/queue-access.ts";
import { roleOf } from "../access/role-of.ts";
import type { DeployedSettings } from "../settings/settings.ts";
import { createNodeFunction } from "./node-function.ts";

export interface AnnounceFunctionProps {
  readonly announcements: Queue;
  /** The roles that announce pushes; no other may send to the queue. */
  readonly senders: readonly IRole[];
  readonly settings: DeployedSettings;
}

/** Queue of announcements -> the account's default event bus. */
export function createAnnounceFunction(
  scope: Construct,
  { announcements, senders, settings }: AnnounceFunctionProps,
): void {
  restrictActions(announcements, ["sqs:SendMessage"], senders);
  const announce = createNodeFunction(scope, "Announce", {
    name: "announce",
    environment: { FREIGHTLINER_STACK: settings.deployment.stack } satisfies StackEnvironment,
    memoryMegabytes: 256,
    timeoutSeconds: ANNOUNCE_TIMEOUT_SECONDS,
    settings,
  });
  const consume = CONSUME_ACTIONS.filter((action) => action !== "sqs:SendMessage");
  announce.addToRolePolicy(new PolicyStatement({ actions: consume, resources: [announcements.queueArn] }));
  announce.addToRolePolicy(
    new PolicyStatement({
      actions: ["events:PutEvents"],
      resources: [`arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:event-bus/default`],
      conditions: { StringEquals: { "events:source": EVENT_SOURCE } },
    }),
  );
  announce.addEventSourceMapping("Announcements", {
    eventSourceArn: announcements.queueArn,
    batchSize: 10,
    reportBatchItemFailures: true,
    maxConcurrency: 2,
  });
  if (settings.encryptionKey !== undefined) allowKeyForRoles([roleOf(announce)], settings.encryptionKey);
}
