import { Duration } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";

export interface ScheduleProps {
  readonly description: string;
  readonly everyMinutes: number;
  readonly target: IFunction;
}

/** Calls a function every few minutes. A call that fails is not repeated: the next one comes soon. */
export function createSchedule(
  scope: Construct,
  id: string,
  { description, everyMinutes, target }: ScheduleProps,
): Rule {
  return new Rule(scope, id, {
    description,
    schedule: Schedule.rate(Duration.minutes(everyMinutes)),
    targets: [new LambdaFunction(target, { retryAttempts: 0, maxEventAge: Duration.minutes(everyMinutes) })],
  });
}
