import { Aws } from "aws-cdk-lib";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";

/** The stack's own topic of alarms, with its subscribers by mail. */
export function createAlarmTopic(scope: Construct, emails: readonly string[]): Topic {
  // Without a KMS key: CloudWatch could not publish to a topic whose key it may not use, and alarms are not secret.
  const topic = new Topic(scope, "Alarms", { enforceSSL: true });
  topic.addToResourcePolicy(publishStatement(topic));
  for (const email of emails) topic.addSubscription(new EmailSubscription(email));
  return topic;
}

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
