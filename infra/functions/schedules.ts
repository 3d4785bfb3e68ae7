import { Aws } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { CfnSchedule, CfnScheduleGroup } from "aws-cdk-lib/aws-scheduler";
import { Construct } from "constructs";
import { resourceName } from "../../src/contract/stack/names.ts";
import type { Deployment } from "../../src/contract/stack/names.ts";

export interface ScheduleProps {
  /** Part of the schedule's name. It is stable, so that an update changes the schedule in place. */
  readonly name: string;
  readonly description: string;
  /** `rate(...)` or `cron(...)`. */
  readonly expression: string;
  readonly timeZone?: string | undefined;
  readonly target: IFunction;
  /** The event of the invocation. */
  readonly input?: object;
  /** Retries of a failed invocation within an hour; 0 when the next scheduled one comes soon. */
  readonly retries: number;
}

/** `rate(1 minute)`, `rate(5 minutes)`. */
export function everyMinutes(minutes: number): string {
  return `rate(${minutes} minute${minutes === 1 ? "" : "s"})`;
}

/** The stack's schedules: a group of Amazon EventBridge Scheduler, with a role that may invoke only their functions. */
export class Schedules extends Construct {
  readonly #group: CfnScheduleGroup;
  readonly #role: Role;
  readonly #deployment: Deployment;

  constructor(scope: Construct, id: string, deployment: Deployment) {
    super(scope, id);
    this.#deployment = deployment;
    const name = resourceName("scheduleGroup", "schedules", deployment);
    this.#group = new CfnScheduleGroup(this, "Group", { name });
    // Prevents a schedule of another account from using the role (the confused deputy problem).
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
    // The role must have its permissions before the first invocation is due.
    schedule.node.addDependency(this.#role);
  }
}
