import { AnyPrincipal, Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { DescribedQueue } from "../storage/copy-queues.ts";

/** What Lambda needs on a queue that it polls for the function, and what the function needs to defer a message. */
export const CONSUME_ACTIONS = [
  "sqs:ReceiveMessage",
  "sqs:DeleteMessage",
  "sqs:GetQueueAttributes",
  "sqs:ChangeMessageVisibility",
  "sqs:SendMessage",
];

export interface QueueUsers {
  readonly queues: readonly DescribedQueue[];
  readonly deadLetters: Queue;
  readonly announcements: Queue;
  readonly fanOut: LambdaFunction;
  readonly copy: LambdaFunction;
  readonly reconcile: LambdaFunction;
  readonly probe: LambdaFunction;
  /** The role of the long lane's builds; undefined without a long lane. */
  readonly longLane: IRole | undefined;
}

/** Permissions to send to, consume and measure the queues: one statement for each function and action, whatever the number of destinations. */
export function allowQueues(users: QueueUsers): void {
  const { queues, deadLetters, announcements, fanOut, copy, reconcile, probe, longLane } = users;
  const arns = (priority: DescribedQueue["priority"]): string[] =>
    queues.filter((queue) => queue.priority === priority).map(({ queue }) => queue.queueArn);
  const allow = (sender: LambdaFunction, action: string, resources: string[]): void =>
    sender.addToRolePolicy(new PolicyStatement({ actions: [action], resources }));
  allow(fanOut, "sqs:SendMessage", [...arns("live"), ...arns("backfill")]);
  allow(reconcile, "sqs:SendMessage", arns("backfill"));
  allow(probe, "sqs:SendMessage", [...arns("backfill"), announcements.queueArn]);
  allow(reconcile, "sqs:GetQueueAttributes", arns("live"));
  allow(copy, "sqs:SendMessage", [deadLetters.queueArn, announcements.queueArn, ...arns("long")]);
  longLane?.addToPrincipalPolicy(new PolicyStatement({ actions: [...CONSUME_ACTIONS], resources: arns("long") }));
  longLane?.addToPrincipalPolicy(
    new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [deadLetters.queueArn, announcements.queueArn] }),
  );
}

/**
 * Denies actions on a queue to every principal except some roles, whatever the principal's own policies allow. AWS services are exempt:
 * the queue's policy allows them separately, each for one source ARN.
 */
export function restrictActions(queue: Queue, actions: readonly string[], roles: readonly IRole[]): void {
  queue.addToResourcePolicy(
    new PolicyStatement({
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: [...actions],
      resources: [queue.queueArn],
      conditions: {
        Bool: { "aws:PrincipalIsAWSService": "false" },
        ...(roles.length === 0 ? {} : { ArnNotEquals: { "aws:PrincipalArn": roles.map(({ roleArn }) => roleArn) } }),
      },
    }),
  );
}
