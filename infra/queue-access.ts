import { AnyPrincipal, Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { CONSUME } from "./functions/copy-function.ts";
import type { DescribedQueue } from "./storage/copy-queues.ts";

export interface QueueUsers {
  readonly queues: readonly DescribedQueue[];
  readonly deadLetters: Queue;
  readonly fanOut: NodejsFunction;
  readonly copy: NodejsFunction;
  readonly reconcile: NodejsFunction;
  /** The role of the long lane's builds; undefined where there is none. */
  readonly longLane: IRole | undefined;
}

/** Who puts requests where, and who looks how many wait; one statement each, whatever the number of destinations. */
export function allowQueues({ queues, deadLetters, fanOut, copy, reconcile, longLane }: QueueUsers): void {
  const arns = (priority: DescribedQueue["priority"]): string[] =>
    queues.filter((queue) => queue.priority === priority).map(({ queue }) => queue.queueArn);
  const allow = (user: NodejsFunction, action: string, resources: string[]): void =>
    user.addToRolePolicy(new PolicyStatement({ actions: [action], resources }));
  allow(fanOut, "sqs:SendMessage", arns("live"));
  allow(reconcile, "sqs:SendMessage", arns("backfill"));
  allow(reconcile, "sqs:GetQueueAttributes", arns("live"));
  allow(copy, "sqs:SendMessage", [deadLetters.queueArn, ...arns("long")]);
  longLane?.addToPrincipalPolicy(new PolicyStatement({ actions: [...CONSUME], resources: arns("long") }));
  longLane?.addToPrincipalPolicy(
    new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [deadLetters.queueArn] }),
  );
}

/**
 * Refuses actions to everybody in the account but some roles, whatever their own policies allow. AWS's services are not meant: what they
 * may do stands in the queue's policy, too, each with its source.
 */
export function reserve(queue: Queue, actions: readonly string[], roles: readonly IRole[]): void {
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
