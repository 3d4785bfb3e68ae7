import { Aws, Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Construct } from "constructs";
import type { ProbeEnvironment } from "../../src/contract/stack/environment.ts";
import { PROBE_RATE_MINUTES, PROBE_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { createNodeFunction } from "./node-function.ts";
import { roleOf } from "../access/role-of.ts";
import { everyMinutes } from "./schedules.ts";
import type { Schedules } from "./schedules.ts";
import type { DeployedSettings } from "../settings/settings.ts";

export interface ProbeFunctionProps {
  readonly environment: ProbeEnvironment;
  /** Event source mappings it may pause and open. */
  readonly mappings: readonly string[];
  readonly schedules: Schedules;
  readonly settings: DeployedSettings;
}

/** Every minute: pauses the queues of a destination that is away, asks whether it is back, and opens them slowly. */
export function createProbeFunction(
  scope: Construct,
  { environment, mappings, schedules, settings }: ProbeFunctionProps,
): NodejsFunction {
  const probe = createNodeFunction(scope, "Probe", {
    name: "probe",
    environment: environment,
    memoryMegabytes: 256,
    timeoutSeconds: PROBE_TIMEOUT_SECONDS,
    // The next call comes soon: one that failed or is late would only meet it.
    asynchronous: { retries: 0, maxAgeSeconds: PROBE_RATE_MINUTES * 60 },
    settings,
  });
  allowIntake(probe, mappings);
  schedules.add({
    name: "probe",
    description: "Looks after destinations that are away",
    expression: everyMinutes(PROBE_RATE_MINUTES),
    target: probe,
    retries: 0,
  });
  return probe;
}

/** Finding and changing these mappings, and nothing else of Lambda. */
export function allowIntake(watcher: NodejsFunction, mappings: readonly string[]): void {
  watcher.addToRolePolicy(
    new PolicyStatement({
      actions: ["lambda:UpdateEventSourceMapping"],
      resources: mappings.map(
        (id) => `arn:${Aws.PARTITION}:lambda:${Aws.REGION}:${Aws.ACCOUNT_ID}:event-source-mapping:${id}`,
      ),
    }),
  );
  watcher.addToRolePolicy(new PolicyStatement({ actions: ["lambda:ListEventSourceMappings"], resources: ["*"] }));
  Validations.of(roleOf(watcher)).acknowledge({
    id: "AwsSolutions-IAM5[Resource::*]",
    reason: "lambda:ListEventSourceMappings has no resources; all else in this policy names its own.",
  });
}
