import { Alarm, ComparisonOperator, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { IAlarmAction } from "aws-cdk-lib/aws-cloudwatch";
import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Project } from "aws-cdk-lib/aws-codebuild";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { resourceName } from "../../src/contract/stack/names.ts";
import type { Deployment } from "../../src/contract/stack/names.ts";
import { destinationsOf } from "../storage/copy-queues.ts";
import type { DescribedQueue } from "../storage/copy-queues.ts";
import { destinationAlarms } from "./destination-alarms.ts";
import { deferralAlarms, functionAlarms, longLaneAlarms, lossAlarms, notificationAlarms } from "./stack-alarms.ts";
import { describeAlarm } from "./runbook.ts";
import { isOwnMetric } from "./alarm-definition.ts";
import type { AlarmDefinition } from "./alarm-definition.ts";

export interface AlarmsProps {
  readonly queues: readonly DescribedQueue[];
  readonly deadLetters: Queue;
  /** Events that could not be delivered to the fan-out function. */
  readonly undelivered: Queue;
  readonly functions: { readonly [name in "fanOut" | "copy" | "probe" | "reconcile"]: NodejsFunction };
  /** The project of the long lane; undefined without a long lane. */
  readonly project: Project | undefined;
  /** Actions for alarms and recoveries. */
  readonly actions: readonly IAlarmAction[];
  /** Where the runbook is published; descriptions link to its headings. */
  readonly runbookUrl: string | undefined;
  /** Whether a chat room receives alarms. */
  readonly isNotifying: boolean;
  /** Whether the functions emit metrics. */
  readonly metrics: boolean;
  readonly reconcileEveryMinutes: number;
  readonly deployment: Deployment;
}

/** Creates all alarms. Each description says what happened and refers to the runbook. */
export function createAlarms(scope: Construct, props: AlarmsProps): Alarm[] {
  const definitions = [
    ...lossAlarms(props),
    ...functionAlarms(props),
    ...deferralAlarms(props),
    ...notificationAlarms(props),
    ...longLaneAlarms(props),
    ...destinationsOf(props.queues).flatMap((name) => destinationAlarms(name, props)),
  ];
  const available = definitions.filter(({ metric }) => props.metrics || !isOwnMetric(metric));
  return available.map((definition) => createAlarm(scope, definition, props));
}

function createAlarm(
  scope: Construct,
  definition: AlarmDefinition,
  { actions, runbookUrl, deployment }: AlarmsProps,
): Alarm {
  const { id, metric, threshold, periods = 1, isHeartbeat = false, summary, runbookHeading } = definition;
  const alarm = new Alarm(scope, `Alarm-${id}`, {
    alarmName: resourceName("alarm", id, deployment),
    alarmDescription: describeAlarm(summary, runbookHeading, runbookUrl),
    metric,
    threshold,
    evaluationPeriods: periods,
    comparisonOperator: isHeartbeat
      ? ComparisonOperator.LESS_THAN_THRESHOLD
      : ComparisonOperator.GREATER_THAN_THRESHOLD,
    treatMissingData: isHeartbeat ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  });
  alarm.addAlarmAction(...actions);
  alarm.addOkAction(...actions);
  return alarm;
}
