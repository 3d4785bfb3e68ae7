import { AnyPrincipal, Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { Queue } from "aws-cdk-lib/aws-sqs";

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
