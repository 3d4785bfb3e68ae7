import { Aws, Validations } from "aws-cdk-lib";
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Construct, IConstruct } from "constructs";
import type { JobScheduling } from "../../src/contract/stack/environment.ts";
import { PRUNED_RECORDS } from "../../src/contract/stack/record-owners.ts";
import { resourceName } from "../../src/contract/stack/names.ts";
import type { Deployment } from "../../src/contract/stack/names.ts";

/** The role by which EventBridge Scheduler starts jobs: it may invoke one function, for schedules of one group. */
export function createJobStarter(scope: Construct, group: string, target: string): Role {
  // Prevents a schedule of another account from using the role (the confused deputy problem).
  const ours = {
    StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID },
    ArnLike: {
      "aws:SourceArn": `arn:${Aws.PARTITION}:scheduler:${Aws.REGION}:${Aws.ACCOUNT_ID}:schedule-group/${group}`,
    },
  };
  const role = new Role(scope, "JobStarter", {
    assumedBy: new ServicePrincipal("scheduler.amazonaws.com", { conditions: ours }),
  });
  role.addToPolicy(new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [target] }));
  return role;
}

/** What a job that prunes needs: the whole list of records, and to remove those of the kinds that may be without a use. */
export function allowPruning(role: IRole, table: TableV2): void {
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ["dynamodb:Scan"], resources: [table.tableArn] }));
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ["dynamodb:DeleteItem"],
      resources: [table.tableArn],
      conditions: {
        "ForAllValues:StringLike": { "dynamodb:LeadingKeys": PRUNED_RECORDS.map((kind) => `${kind}#*`) },
      },
    }),
  );
}

export interface JobUsers {
  readonly scheduling: Pick<JobScheduling, "group" | "target">;
  readonly starter: IRole;
  readonly table: TableV2;
  readonly deployment: Deployment;
}

/** What changes and runs jobs: the schedules of one group, the records of jobs and of what they found, the function, and the role that starts it. */
export function jobStatements({ scheduling, starter, table }: Omit<JobUsers, "deployment">): PolicyStatement[] {
  const { group, target } = scheduling;
  const schedules = `arn:${Aws.PARTITION}:scheduler:${Aws.REGION}:${Aws.ACCOUNT_ID}:schedule/${group}/*`;
  return [
    new PolicyStatement({
      actions: ["scheduler:CreateSchedule", "scheduler:UpdateSchedule", "scheduler:DeleteSchedule"],
      resources: [schedules],
    }),
    new PolicyStatement({
      actions: ["iam:PassRole"],
      resources: [starter.roleArn],
      conditions: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
    }),
    new PolicyStatement({
      actions: ["dynamodb:GetItem", "dynamodb:PutItem"],
      resources: [table.tableArn],
      conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["JOBS#*", "RUNS#*", "INSPECTION#*"] } },
    }),
    new PolicyStatement({
      actions: ["lambda:InvokeFunction", "lambda:GetFunctionConfiguration"],
      resources: [target],
    }),
  ];
}

/** Acknowledges the wildcard of these statements for cdk-nag. */
export function acknowledgeJobs(scope: IConstruct, { group }: Pick<JobScheduling, "group">): void {
  const pattern = `arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule/${group}/*`;
  Validations.of(scope).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${pattern}]`,
    reason: "Operators name the schedules of jobs at run time; the group has no others.",
  });
}

/**
 * A managed policy for the people who change and run jobs. They may pass only the role that starts jobs, and only to EventBridge Scheduler.
 */
export function createJobUsersPolicy(scope: Construct, users: JobUsers): void {
  const { scheduling, deployment } = users;
  const policy = new ManagedPolicy(scope, "JobUsers", {
    managedPolicyName: resourceName("role", "jobs-users", deployment),
    description: `Allows to change and run the jobs of ${deployment.stack}`,
    statements: jobStatements(users),
  });
  acknowledgeJobs(policy, scheduling);
}
