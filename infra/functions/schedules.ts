import { Aws } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { CfnSchedule, CfnScheduleGroup } from "aws-cdk-lib/aws-scheduler";
import { Construct } from "constructs";
import { resourceName } from "../../src/contract/stack/names.ts";
import type { Deployment } from "../../src/contract/stack/names.ts";

export interface ScheduleProps {
  /** The part of the schedule's name that is its own and stays: an update changes the schedule in place. */
  readonly name: string;
  readonly description: string;
  /** `rate(...)` or `cron(...)`. */
  readonly expression: string;
  readonly timeZone?: string | undefined;
  readonly target: IFunction;
  /** What the function is called with. */
  readonly input?: object;
  /** Calls that fail are repeated so often, within an hour; none when the next one comes soon anyway. */
  readonly retries: number;
}

/** `rate(1 minute)`, `rate(5 minutes)`. */
export function everyMinutes(minutes: number): string {
  return `rate(${minutes} minute${minutes === 1 ? "" : "s"})`;
}

/** The stack's schedules: a group of Amazon EventBridge Scheduler with a role that may call their functions, and nothing else. */
export class Schedules extends Construct {
  readonly #group: CfnScheduleGroup;
  readonly #role: Role;
  readonly #deployment: Deployment;

  constructor(scope: Construct, id: string, deployment: Deployment) {
    super(scope, id);
    this.#deployment = deployment;
    const name = resourceName("scheduleGroup", "schedules", deployment);
    this.#group = new CfnScheduleGroup(this, "Group", { name });
    // Another account's schedule cannot borrow the role (the confused deputy).
    const ours = {
      StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID },
      ArnLike: {
        "aws:SourceArn": `arn:${Aws.PARTITION}:scheduler:${Aws.REGION}:${Aws.ACCOUNT_ID}:schedule-group/${name}`,
      },
    };
    this.#role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", { conditions: ours }),
    });
  }

  add({ name, description, expression, timeZone = "UTC", target, input = {}, retries }: ScheduleProps): void {
    this.#role.addToPolicy(
      new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [target.functionArn] }),
    );
    const schedule = new CfnSchedule(this, name, {
      name: resourceName("schedule", name, this.#deployment),
      groupName: this.#group.ref,
      description,
      scheduleExpression: expression,
      scheduleExpressionTimezone: timeZone,
      flexibleTimeWindow: { mode: "OFF" },
      target: {
        arn: target.functionArn,
        roleArn: this.#role.roleArn,
        input: JSON.stringify(input),
        retryPolicy: { maximumRetryAttempts: retries, maximumEventAgeInSeconds: retries === 0 ? 60 : 3_600 },
      },
    });
    // The role must be able to call before the first call is due.
    schedule.node.addDependency(this.#role);
  }
}
