import { Aws } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { CfnScheduleGroup } from "aws-cdk-lib/aws-scheduler";
import type { Construct } from "constructs";
import type { JobScheduling, JobsEnvironment } from "../../src/contract/stack/environment.ts";
import { JOBS_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { resourceName } from "../../src/contract/stack/names.ts";
import { allowPruning, createJobStarter, createJobUsersPolicy } from "../access/job-access.ts";
import { allowKeyForRoles } from "../access/kms-access.ts";
import { allowRecords } from "../access/record-access.ts";
import { roleOf } from "../access/role-of.ts";
import { configuredVariables } from "./configuration-layer.ts";
import { createInspectFunction } from "./inspect-function.ts";
import type { InspectFunctionProps } from "./inspect-function.ts";
import { createNodeFunction } from "./node-function.ts";

/** The function, and what its users need. */
export interface JobsFunction {
  readonly jobs: LambdaFunction;
  /** The function that plans and verifies. */
  readonly inspect: LambdaFunction;
  readonly scheduling: JobScheduling;
  readonly starter: IRole;
}

export interface JobsFunctionProps extends InspectFunctionProps {
  /** The function that compares. */
  readonly reconcile: LambdaFunction;
}

/**
 * The function that runs jobs, and the group of their schedules, which are no resources of the stack: operators change them at run time.
 * EventBridge Scheduler deletes the schedules of a group together with it.
 * @returns undefined unless the settings ask for jobs.
 */
export function createJobsFunction(scope: Construct, props: JobsFunctionProps): JobsFunction | undefined {
  const { configuration, layer, external, queues, table, reconcile, settings } = props;
  const { deployment } = settings;
  if (!settings.jobs) return undefined;
  const group = resourceName("scheduleGroup", "jobs", deployment);
  new CfnScheduleGroup(scope, "JobSchedules", { name: group });
  const name = resourceName("function", "jobs", deployment);
  // By its name, because its own variables contain it.
  const inspect = createInspectFunction(scope, props);
  const target = `arn:${Aws.PARTITION}:lambda:${Aws.REGION}:${Aws.ACCOUNT_ID}:function:${name}`;
  const starter = createJobStarter(scope, group, target);
  const scheduling: JobScheduling = { group, role: starter.roleArn, target };
  const jobs = createNodeFunction(scope, "Jobs", {
    name: "jobs",
    environment: {
      ...configuredVariables(configuration, deployment),
      FREIGHTLINER_APPCONFIG: external.profile,
      FREIGHTLINER_TABLE: table.tableName,
      FREIGHTLINER_JOBS: JSON.stringify(scheduling),
    } satisfies JobsEnvironment,
    memoryMegabytes: 512,
    timeoutSeconds: JOBS_TIMEOUT_SECONDS,
    // A run that was recorded is not repeated: retries are for a table that could not be reached.
    asynchronous: { retries: 2, maxAgeSeconds: 3_600 },
    settings,
  });
  jobs.addLayers(layer);
  const role = roleOf(jobs);
  external.allowReading(role);
  allowRecords(role, table, "jobs");
  allowPruning(role, table);
  if (settings.encryptionKey !== undefined) allowKeyForRoles([role], settings.encryptionKey);
  const backfill = queues.filter(({ priority }) => priority === "backfill").map(({ queue }) => queue.queueArn);
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources: backfill }));
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ["lambda:InvokeFunction"],
      resources: [reconcile.functionArn, inspect.functionArn],
    }),
  );
  createJobUsersPolicy(scope, { scheduling, starter, table, deployment });
  return { jobs, inspect, scheduling, starter };
}
