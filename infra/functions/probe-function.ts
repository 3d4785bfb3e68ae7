import { Aws, Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { ProbeEnvironment } from "../../src/contract/stack/environment.ts";
import { PROBE_RATE_MINUTES, PROBE_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { createNodeFunction } from "./node-function.ts";
import { allowManifests } from "../access/source-access.ts";
import type { SourceAccess } from "../access/source-access.ts";
import { roleOf } from "../access/role-of.ts";
import { everyMinutes } from "./schedules.ts";
import type { Schedules } from "./schedules.ts";
import type { DeployedSettings } from "../settings/settings.ts";

export interface ProbeFunctionProps extends SourceAccess {
  readonly environment: ProbeEnvironment;
  /** UUIDs of the event source mappings that it may pause and resume. */
  readonly mappings: readonly string[];
  readonly schedules: Schedules;
  readonly settings: DeployedSettings;
}

/**
 * Runs every minute: pauses the queues of an unavailable destination, probes it, and resumes the queues gradually; measures what is
 * pending.
 */
export function createProbeFunction(
  scope: Construct,
  { environment, mappings, schedules, settings, ...access }: ProbeFunctionProps,
): LambdaFunction {
  const probe = createNodeFunction(scope, "Probe", {
    name: "probe",
    environment: environment,
    memoryMegabytes: 256,
    timeoutSeconds: PROBE_TIMEOUT_SECONDS,
    // The next scheduled call comes soon: a retried or late one would only overlap with it.
    asynchronous: { retries: 0, maxAgeSeconds: PROBE_RATE_MINUTES * 60 },
    settings,
  });
  allowIntake(probe, mappings);
  probe.addToRolePolicy(new PolicyStatement({ actions: ["lambda:GetAccountSettings"], resources: ["*"] }));
  allowManifests(roleOf(probe), access);
  schedules.add({
    name: "probe",
    description: "Probes unavailable destinations",
    expression: everyMinutes(PROBE_RATE_MINUTES),
    target: probe,
    retries: 0,
  });
  return probe;
}

/** Allows a function to list the event source mappings of the account, and to change these. */
export function allowIntake(caller: LambdaFunction, mappings: readonly string[]): void {
  caller.addToRolePolicy(
    new PolicyStatement({
      actions: ["lambda:UpdateEventSourceMapping"],
      resources: mappings.map(
        (id) => `arn:${Aws.PARTITION}:lambda:${Aws.REGION}:${Aws.ACCOUNT_ID}:event-source-mapping:${id}`,
      ),
    }),
  );
  caller.addToRolePolicy(new PolicyStatement({ actions: ["lambda:ListEventSourceMappings"], resources: ["*"] }));
  Validations.of(roleOf(caller)).acknowledge({
    id: "AwsSolutions-IAM5[Resource::*]",
    reason:
      "lambda:ListEventSourceMappings and lambda:GetAccountSettings support no resources; all other statements of this policy name theirs.",
  });
}
