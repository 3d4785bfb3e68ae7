import { Alarm, ComparisonOperator, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { resourceName } from "../../src/contract/stack/names.ts";
import { destinationsOf } from "../storage/copy-queues.ts";
import type { AlarmsProps } from "./alarms-props.ts";
import { canaryAlarms } from "./canary-alarms.ts";
import { destinationAlarms } from "./destination-alarms.ts";
import { apiAlarms, jobAlarms } from "./operator-alarms.ts";
import { configurationAlarms } from "./configuration-alarms.ts";
import {
  announcementAlarms,
  arrivalsAlarms,
  deferralAlarms,
  functionAlarms,
  longLaneAlarms,
  lossAlarms,
  notificationAlarms,
  sealAlarms,
} from "./stack-alarms.ts";
import { describeAlarm } from "./runbook.ts";
import { isOwnMetric } from "./alarm-definition.ts";
import type { AlarmDefinition } from "./alarm-definition.ts";

/** Creates all alarms. Each description says what happened and refers to the runbook. */
export function createAlarms(scope: Construct, props: AlarmsProps): Alarm[] {
  const definitions = [
    ...lossAlarms(props),
    ...functionAlarms(props),
    ...arrivalsAlarms(props),
    ...sealAlarms(props),
    ...announcementAlarms(props),
    ...deferralAlarms(props),
    ...notificationAlarms(props),
    ...configurationAlarms(props),
    ...longLaneAlarms(props),
    ...canaryAlarms(props),
    ...jobAlarms(props),
    ...apiAlarms(props),
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
  const isMissingBreach = isHeartbeat || definition.isMissingBreach === true;
  const alarm = new Alarm(scope, `Alarm-${id}`, {
    alarmName: resourceName("alarm", id, deployment),
    alarmDescription: describeAlarm(summary, runbookHeading, runbookUrl),
    metric,
    threshold,
    evaluationPeriods: periods,
    comparisonOperator: isHeartbeat
      ? ComparisonOperator.LESS_THAN_THRESHOLD
      : ComparisonOperator.GREATER_THAN_THRESHOLD,
    treatMissingData: isMissingBreach ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  });
  alarm.addAlarmAction(...actions);
  alarm.addOkAction(...actions);
  return alarm;
}
