import { Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { CopyEnvironment } from "../../src/contract/stack/environment.ts";
import { COPY_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import type { DescribedQueue } from "../storage/copy-queues.ts";
import { createNodeFunction } from "./node-function.ts";
import { CONSUME_ACTIONS } from "../access/queue-access.ts";
import { allowTraceHeaders, traceVariables } from "./trace-variables.ts";
import { roleOf } from "../access/role-of.ts";
import type { DeployedSettings } from "../settings/settings.ts";
import { repositoryArns, tagActions } from "../access/source-access.ts";
import type { SourceAccess } from "../access/source-access.ts";

export interface CopyFunctionProps extends SourceAccess {
  readonly environment: CopyEnvironment;
  readonly queues: readonly DescribedQueue[];
  readonly settings: DeployedSettings;
}

/** The function, and the UUIDs of the event source mappings of its queues. */
export interface CopyFunction {
  readonly copy: LambdaFunction;
  readonly mappings: readonly string[];
}

/** Copies one tag per request. The batch size is 1, so that a killed copy affects no other message. */
export function createCopyFunction(scope: Construct, props: CopyFunctionProps): CopyFunction {
  const { settings } = props;
  const copy = createNodeFunction(scope, "Copy", {
    name: "copy",
    environment: { ...props.environment, ...traceVariables(settings) },
    memoryMegabytes: settings.copyMemoryMegabytes,
    timeoutSeconds: COPY_TIMEOUT_SECONDS,
    settings,
  });
  const fed = props.queues.filter(({ priority }) => priority !== "long");
  // One statement for all queues of the function: one for each would soon exceed the size limit of a policy.
  copy.addToRolePolicy(
    new PolicyStatement({ actions: CONSUME_ACTIONS, resources: fed.map(({ queue }) => queue.queueArn) }),
  );
  const mappings = fed.map(({ queue, destination, priority }) => {
    const { eventSourceMappingId } = copy.addEventSourceMapping(`Feed-${destination}-${priority}`, {
      eventSourceArn: queue.queueArn,
      batchSize: 1,
      reportBatchItemFailures: true,
      maxConcurrency: priority === "live" ? settings.liveConcurrency : settings.backfillConcurrency,
    });
    return eventSourceMappingId;
  });
  allowPull(roleOf(copy), props);
  allowTraceHeaders(roleOf(copy), settings);
  return { copy, mappings };
}

/**
 * Allows a role to pull from the rules' repositories, and to read what rules may depend on: the time of a push, the newest tags, the tags of
 * a repository, and scan findings. A source that is not an ECR registry has its own permissions.
 */
export function allowPull(role: IRole, access: SourceAccess): void {
  if (access.source.kind !== "ecr") return;
  const { arns, acknowledgements } = repositoryArns(access);
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: [
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
        "ecr:DescribeImages",
        ...tagActions(access),
        ...(access.readsScans ? ["ecr:DescribeImageScanFindings"] : []),
      ],
      resources: [...arns],
    }),
  );
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ["ecr:GetAuthorizationToken"], resources: ["*"] }));
  Validations.of(role).acknowledge(
    {
      id: "AwsSolutions-IAM5[Resource::*]",
      reason: "ecr:GetAuthorizationToken supports no resources; all other statements of this policy name theirs.",
    },
    ...acknowledgements,
  );
}
