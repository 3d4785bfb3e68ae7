import { Duration, Validations } from "aws-cdk-lib";
import { Rule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { SqsDestination } from "aws-cdk-lib/aws-lambda-destinations";
import { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { queueDefaults } from "./storage/copy-queues.ts";
import { restrictActions } from "./access/queue-access.ts";
import { roleOf } from "./access/role-of.ts";
import type { DeployedSettings } from "./settings/settings.ts";
import { resourceName } from "../src/contract/stack/names.ts";
import { PUSH_AND_DELETE_PATTERN, PUSH_PATTERN } from "../src/contract/stack/push-pattern.ts";
import {
  ASYNC_MAX_AGE_SECONDS,
  ASYNC_RETRIES,
  RULE_MAX_AGE_HOURS,
  RULE_RETRIES,
} from "../src/contract/stack/limits.ts";

export interface PushRuleProps {
  readonly fanOut: IFunction;
  /** The account that events of ECR must come from; undefined when the source is another registry. */
  readonly account: string | undefined;
  /** Whether some rule mirrors deletes. */
  readonly deletes: boolean;
  readonly settings: Pick<DeployedSettings, "deployment" | "encryptionKey" | "messageRetention">;
}

/**
 * The rule on the default bus that sends ECR pushes to the fan-out function. Events with an `aws.` source cannot be forged, and the rule
 * also requires this account. EventBridge sends events that it cannot deliver to Lambda within a day to the returned queue. Lambda sends
 * events there for which the function failed after all retries (docs/decisions/0029).
 */
export function createPushRule(
  scope: Construct,
  { fanOut, account, deletes, settings }: PushRuleProps,
): { readonly undelivered: Queue } {
  const undelivered = new Queue(scope, "UndeliveredEvents", {
    ...queueDefaults(settings),
    queueName: resourceName("queue", "undelivered-events", settings.deployment),
  });
  restrictActions(undelivered, ["sqs:SendMessage"], [roleOf(fanOut)]);
  fanOut.configureAsyncInvoke({
    retryAttempts: ASYNC_RETRIES,
    maxEventAge: Duration.seconds(ASYNC_MAX_AGE_SECONDS),
    onFailure: new SqsDestination(undelivered),
  });
  Validations.of(undelivered).acknowledge({
    id: "AwsSolutions-SQS3",
    reason:
      "This is a dead-letter queue itself, for events that the rule or the function could not process; people handle them.",
  });
  if (account === undefined) return { undelivered };
  const pattern = deletes ? PUSH_AND_DELETE_PATTERN : PUSH_PATTERN;
  new Rule(scope, "Pushed", {
    description: "Images and referrers pushed to Amazon ECR",
    eventPattern: {
      source: pattern.source,
      account: [account],
      detailType: pattern["detail-type"],
      detail: pattern.detail,
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
