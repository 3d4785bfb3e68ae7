import { Duration, Validations } from "aws-cdk-lib";
import { Rule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { queueDefaults } from "./copy-queues.ts";
import { reserve } from "./queue-access.ts";
import type { DeployedSettings } from "./settings.ts";
import { resourceName } from "../src/contract/names.ts";
import { PUSH_PATTERN } from "../src/contract/push-pattern.ts";
import { RULE_MAX_AGE_HOURS, RULE_RETRIES } from "../src/contract/limits.ts";

export interface PushRuleProps {
  readonly fanOut: IFunction;
  /** The account events must come from. */
  readonly account: string;
  readonly settings: Pick<DeployedSettings, "deployment" | "encryptionKey" | "messageRetention">;
}

/**
 * Pushes to ECR, on the default bus, to the fan-out function. `aws.` sources cannot be forged, and the own account is
 * asked for as well. What cannot be delivered within a day is kept in a queue of its own.
 */
export function createPushRule(
  scope: Construct,
  { fanOut, account, settings }: PushRuleProps,
): { readonly undelivered: Queue } {
  const undelivered = new Queue(scope, "UndeliveredEvents", {
    ...queueDefaults(settings),
    queueName: resourceName("queue", "undelivered-events", settings.deployment),
  });
  reserve(undelivered, ["sqs:SendMessage"], []);
  Validations.of(undelivered).acknowledge({
    id: "AwsSolutions-SQS3",
    reason: "This is the dead-letter queue of the rule's target.",
  });
  new Rule(scope, "Pushed", {
    description: "Images and referrers pushed to Amazon ECR",
    eventPattern: {
      source: PUSH_PATTERN.source,
      account: [account],
      detailType: PUSH_PATTERN["detail-type"],
      detail: PUSH_PATTERN.detail,
    },
    targets: [
      new LambdaFunction(fanOut, {
        deadLetterQueue: undelivered,
        maxEventAge: Duration.hours(RULE_MAX_AGE_HOURS),
        retryAttempts: RULE_RETRIES,
      }),
    ],
  });
  return { undelivered };
}
