import { Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Construct } from "constructs";
import type { CopyEnvironment, QueueMapping } from "../src/contract/environment.ts";
import { COPY_TIMEOUT_SECONDS } from "../src/contract/limits.ts";
import type { DescribedQueue } from "./copy-queues.ts";
import { definedOnly } from "./defined-only.ts";
import { createNodeFunction } from "./node-function.ts";
import { roleOf } from "./role-of.ts";
import type { Settings } from "./settings.ts";
import { repositoryArns } from "./source-access.ts";
import type { SourceAccess } from "./source-access.ts";

export interface CopyFunctionProps extends SourceAccess {
  readonly environment: CopyEnvironment;
  readonly queues: readonly DescribedQueue[];
  readonly settings: Settings;
}

/** The function, and how its queues are fed to it. */
export interface CopyFunction {
  readonly copy: NodejsFunction;
  readonly mappings: readonly QueueMapping[];
}

/** Request -> one tag at the target. One message at a time, so that a copy that is killed takes no other with it. */
export function createCopyFunction(scope: Construct, props: CopyFunctionProps): CopyFunction {
  const { settings } = props;
  const copy = createNodeFunction(scope, "Copy", {
    name: "copy",
    environment: definedOnly(props.environment),
    memoryMegabytes: settings.copyMemoryMegabytes,
    timeoutSeconds: COPY_TIMEOUT_SECONDS,
    settings,
  });
  const mappings = props.queues.map(({ queue, destination, priority }) => {
    const concurrency = priority === "live" ? settings.liveConcurrency : settings.backfillConcurrency;
    const source = new SqsEventSource(queue, {
      batchSize: 1,
      reportBatchItemFailures: true,
      maxConcurrency: concurrency,
    });
    copy.addEventSource(source);
    return { destination, id: source.eventSourceMappingId, concurrency };
  });
  allowPull(copy, props);
  return { copy, mappings };
}

/** Reading, and nothing else, of the repositories that the rules name. */
function allowPull(copy: NodejsFunction, access: SourceAccess): void {
  const { arns, acknowledgements } = repositoryArns(access);
  copy.addToRolePolicy(
    new PolicyStatement({ actions: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], resources: [...arns] }),
  );
  copy.addToRolePolicy(new PolicyStatement({ actions: ["ecr:GetAuthorizationToken"], resources: ["*"] }));
  Validations.of(roleOf(copy)).acknowledge(
    {
      id: "AwsSolutions-IAM5[Resource::*]",
      reason: "ecr:GetAuthorizationToken has no resources; all else in this policy names its own.",
    },
    ...acknowledgements,
  );
}
