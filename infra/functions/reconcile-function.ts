import { Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import type { ReconcileEnvironment } from "../../src/contract/stack/environment.ts";
import { RECONCILE_RATE_MINUTES, RECONCILE_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { createNodeFunction } from "./node-function.ts";
import { allowIntake } from "./probe-function.ts";
import { everyMinutes } from "./schedules.ts";
import type { Schedules } from "./schedules.ts";
import { roleOf } from "../access/role-of.ts";
import type { DeployedSettings } from "../settings/settings.ts";
import { repositoryArns, tagActions } from "../access/source-access.ts";
import type { SourceAccess } from "../access/source-access.ts";

export interface ReconcileFunctionProps extends SourceAccess {
  readonly environment: ReconcileEnvironment;
  /** UUIDs of the event source mappings that it may resume when the probe function does not. */
  readonly mappings: readonly string[];
  readonly schedules: Schedules;
  /** Comparisons with their own schedule. */
  readonly named: Configuration["reconcile"]["schedules"];
  readonly settings: DeployedSettings;
}

/** Runs every minute: continues comparisons of the source with its destinations, and requests copies of tags that differ. */
export function createReconcileFunction(scope: Construct, props: ReconcileFunctionProps): LambdaFunction {
  const { schedules } = props;
  const reconcile = createNodeFunction(scope, "Reconcile", {
    name: "reconcile",
    environment: props.environment,
    memoryMegabytes: 512,
    timeoutSeconds: RECONCILE_TIMEOUT_SECONDS,
    // The next scheduled call continues where this one stopped.
    asynchronous: { retries: 0, maxAgeSeconds: RECONCILE_RATE_MINUTES * 60 },
    settings: props.settings,
  });
  allowIntake(reconcile, props.mappings);
  allowListing(reconcile, props);
  schedules.add({
    name: "reconcile",
    description: "Compares the source with its destinations, and continues unfinished comparisons",
    expression: everyMinutes(RECONCILE_RATE_MINUTES),
    target: reconcile,
    retries: 0,
  });
  for (const { name, at, timeZone } of props.named) {
    schedules.add({
      name: `reconcile-${name}`,
      description: `Starts the comparison ${name}`,
      expression: at,
      timeZone,
      target: reconcile,
      input: { schedule: name },
      retries: 5,
    });
  }
  return reconcile;
}

/** Allows listing the images of the rules' repositories. Listing the repositories themselves needs the whole registry. */
function allowListing(reconcile: LambdaFunction, access: SourceAccess): void {
  if (access.source.kind !== "ecr") return;
  const { arns, acknowledgements } = repositoryArns(access);
  const [all] = repositoryArns({ ...access, repositories: ["*"] }).arns;
  reconcile.addToRolePolicy(
    new PolicyStatement({ actions: ["ecr:DescribeImages", ...tagActions(access)], resources: [...arns] }),
  );
  reconcile.addToRolePolicy(new PolicyStatement({ actions: ["ecr:DescribeRepositories"], resources: [all ?? ""] }));
  Validations.of(roleOf(reconcile)).acknowledge(
    ...acknowledgements,
    ...repositoryArns({ ...access, repositories: ["*"] }).acknowledgements,
  );
}
