import { Aws, Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { CopyEnvironment } from "../src/contract/environment.ts";
import { COPY_MAX_CONCURRENCY, COPY_TIMEOUT_SECONDS } from "../src/contract/limits.ts";
import { createNodeFunction } from "./node-function.ts";

export interface CopyFunctionProps {
  readonly environment: CopyEnvironment;
  readonly queues: readonly Queue[];
  /** The registry it reads. */
  readonly source: { readonly account: string; readonly region: string };
  /** Globs of the repositories it may read. */
  readonly repositories: readonly string[];
}

/** Request -> one tag at the target. One message at a time, so that a copy that is killed takes no other with it. */
export function createCopyFunction(scope: Construct, props: CopyFunctionProps): NodejsFunction {
  const copy = createNodeFunction(scope, "Copy", {
    name: "copy",
    environment: definedOnly(props.environment),
    // One whole vCPU: TLS on both sides and a hash (AWS Lambda developer guide, "Configure memory").
    memoryMegabytes: 1_769,
    timeoutSeconds: COPY_TIMEOUT_SECONDS,
  });
  for (const queue of props.queues) {
    copy.addEventSource(
      new SqsEventSource(queue, { batchSize: 1, reportBatchItemFailures: true, maxConcurrency: COPY_MAX_CONCURRENCY }),
    );
  }
  allowPull(copy, props);
  return copy;
}

/** Reading, and nothing else, of the repositories that the rules name. */
function allowPull(copy: NodejsFunction, { source, repositories }: CopyFunctionProps): void {
  const prefix = `arn:${Aws.PARTITION}:ecr:${source.region}:${source.account}:repository/`;
  const patterns = [...new Set(repositories.map(arnPattern))];
  copy.addToRolePolicy(
    new PolicyStatement({
      actions: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      resources: patterns.map((pattern) => `${prefix}${pattern}`),
    }),
  );
  copy.addToRolePolicy(new PolicyStatement({ actions: ["ecr:GetAuthorizationToken"], resources: ["*"] }));
  const { role } = copy;
  if (role === undefined) throw new Error("the copy function has no role");
  Validations.of(role).acknowledge(
    {
      id: "AwsSolutions-IAM5[Resource::*]",
      reason: "ecr:GetAuthorizationToken has no resources; all else in this policy names its own.",
    },
    ...patterns
      .filter((pattern) => pattern.includes("*"))
      .map((pattern) => ({
        id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ecr:${source.region}:${source.account}:repository/${pattern}]`,
        reason: "The configuration's own glob of repositories to replicate; read access only.",
      })),
  );
}

/** A glob as IAM knows it: `*` for whatever it may match, so never narrower, and wider only by what IAM cannot say. */
export function arnPattern(glob: string): string {
  return glob.replaceAll(/\{[^}]*\}|\[[^\]]*\]|[*?+@!]\([^)]*\)|\*+|\?/g, "*").replaceAll(/\*+/g, "*");
}

function definedOnly(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) if (value !== undefined) defined[name] = value;
  return defined;
}
