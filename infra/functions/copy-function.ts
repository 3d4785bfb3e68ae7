import { Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Construct } from "constructs";
import type { CopyEnvironment } from "../../src/contract/stack/environment.ts";
import { COPY_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import type { DescribedQueue } from "../storage/copy-queues.ts";
import { createNodeFunction } from "./node-function.ts";
import { CONSUME_ACTIONS } from "../access/queue-access.ts";
import { roleOf } from "../access/role-of.ts";
import type { DeployedSettings } from "../settings/settings.ts";
import { repositoryArns } from "../access/source-access.ts";
import type { SourceAccess } from "../access/source-access.ts";

export interface CopyFunctionProps extends SourceAccess {
  readonly environment: CopyEnvironment;
  readonly queues: readonly DescribedQueue[];
  readonly settings: DeployedSettings;
}

/** The function, and the UUIDs of the event source mappings that feed its queues to it. */
export interface CopyFunction {
  readonly copy: NodejsFunction;
  readonly mappings: readonly string[];
}

/** Request -> one tag at the target. One message at a time, so that a copy that is killed takes no other with it. */
export function createCopyFunction(scope: Construct, props: CopyFunctionProps): CopyFunction {
  const { settings } = props;
  const copy = createNodeFunction(scope, "Copy", {
    name: "copy",
    environment: props.environment,
    memoryMegabytes: settings.copyMemoryMegabytes,
    timeoutSeconds: COPY_TIMEOUT_SECONDS,
    settings,
  });
  // One statement for all of them: a policy of one each would soon be larger than IAM takes.
  const fed = props.queues.filter(({ priority }) => priority !== "long");
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
  return { copy, mappings };
}

/** Reading, and nothing else, of the repositories that the rules name. */
export function allowPull(role: IRole, access: SourceAccess): void {
  const { arns, acknowledgements } = repositoryArns(access);
  role.addToPrincipalPolicy(
    new PolicyStatement({ actions: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], resources: [...arns] }),
  );
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ["ecr:GetAuthorizationToken"], resources: ["*"] }));
  Validations.of(role).acknowledge(
    {
      id: "AwsSolutions-IAM5[Resource::*]",
      reason: "ecr:GetAuthorizationToken has no resources; all else in this policy names its own.",
    },
    ...acknowledgements,
  );
}
