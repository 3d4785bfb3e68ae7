import { Duration } from "aws-cdk-lib";
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  MathExpression,
  SingleValueWidget,
  TextWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Alarm, IMetric, IWidget } from "aws-cdk-lib/aws-cloudwatch";
import type { Project } from "aws-cdk-lib/aws-codebuild";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { resourceName } from "../../src/contract/stack/names.ts";
import type { Deployment } from "../../src/contract/stack/names.ts";
import { Metric, METRIC_NAMESPACE } from "../../src/contract/telemetry/metric-names.ts";
import type { MetricName } from "../../src/contract/telemetry/metric-names.ts";
import { MINUTES_5, ownMetric } from "./alarm-definition.ts";
import { destinationsOf } from "../storage/copy-queues.ts";
import type { DescribedQueue } from "../storage/copy-queues.ts";

export interface DashboardProps {
  readonly queues: readonly DescribedQueue[];
  readonly deadLetters: Queue;
  /** The project of the long lane; undefined without a long lane. */
  readonly project: Project | undefined;
  /** How often a canary is pushed; undefined without canaries. */
  readonly canaryIntervalMinutes: number | undefined;
  readonly alarms: readonly Alarm[];
  readonly deployment: Deployment;
}

const HALF = 12;
const FULL = 24;
const DAY = Duration.days(1);

/** The dashboard: alarms, lag, throughput, backlog, failures, circuits, durations and cost. */
export function createDashboard(scope: Construct, props: DashboardProps): Dashboard {
  const text =
    "# Freightliner\nFrom Amazon ECR to its destinations: lag, throughput, backlog, failures, circuits, durations, cost.";
  return new Dashboard(scope, "Dashboard", {
    dashboardName: resourceName("dashboard", "dashboard", props.deployment),
    widgets: [
      [new TextWidget({ markdown: text, width: FULL, height: 2 })],
      [new AlarmStatusWidget({ title: "Alarms", alarms: [...props.alarms], width: FULL, height: 3 })],
      ...rowsOf(props),
      ...(props.canaryIntervalMinutes === undefined ? [] : [[canaryAges(props)]]),
    ],
  });
}

function rowsOf({ queues, deadLetters, project, deployment: { stack } }: DashboardProps): IWidget[][] {
  const destinations = destinationsOf(queues);
  const each = (metric: MetricName, statistic: string, service = "copy"): IMetric[] =>
    destinations.map((destination) =>
      ownMetric(metric, { stack, service, destination }, statistic, MINUTES_5).with({
        label: `${destination} ${statistic}`,
      }),
    );
  const waiting = [
    ...queues.map(({ queue, destination, priority }) =>
      queue.metricApproximateNumberOfMessagesVisible({ period: MINUTES_5, label: `${destination} ${priority}` }),
    ),
    deadLetters.metricApproximateNumberOfMessagesVisible({ period: MINUTES_5, label: "dead letters" }),
  ];
  const lag = [...each(Metric.replicationLag, "p50"), ...each(Metric.replicationLag, "p99")];
  const found = [...each(Metric.tagsRepaired, "Sum", "reconcile"), ...each(Metric.eventsMissed, "Sum", "reconcile")];
  const money = destinations.map((destination) =>
    ownMetric(Metric.estimatedCost, { stack, service: "copy", destination }, "Sum", DAY).with({ label: destination }),
  );
  return [
    [graph("Lag, push to verified (ms)", lag), graph("Tags replicated", each(Metric.replicated, "Sum"))],
    [graph("Bytes sent", each(Metric.bytesUploaded, "Sum")), graph("Waiting", waiting)],
    [
      graph("Bytes of pre-copies", each(Metric.bytesPreCopied, "Sum")),
      graph("Bytes of pre-copies that tags used", each(Metric.bytesPreCopiedUsed, "Sum")),
    ],
    [
      graph("Failed for good, by what has to change", [searchBy(Metric.failedByClass, stack)]),
      graph("Deferred, by reason", [searchBy(Metric.deferredByReason, stack)]),
    ],
    [
      graph("Circuits: 0 closed, 1 half-open, 2 open", each(Metric.circuitState, "Maximum", "probe")),
      graph("Found by comparisons", found),
    ],
    [
      graph("Duration of invocations by function and end, median (ms)", [durationsBy("p50", stack)]),
      graph("Duration of invocations by function and end, p99 (ms)", [durationsBy("p99", stack)]),
    ],
    ...(project === undefined ? [] : [longLane(project, queues)]),
    [
      new SingleValueWidget({
        title: "Estimated cost in dollars per day, mostly egress to the internet",
        metrics: money,
        width: FULL,
        height: 4,
      }),
    ],
  ];
}

/** How old the newest canary of each destination is. */
function canaryAges({ queues, deployment: { stack } }: DashboardProps): IWidget {
  const ages = destinationsOf(queues).map((destination) =>
    ownMetric(Metric.canaryAge, { stack, service: "canary", destination }, "Maximum", MINUTES_5).with({
      label: destination,
    }),
  );
  return graph("Age of the newest canary (s)", ages);
}

/** Started and finished builds by CodeBuild's own metrics ("CodeBuild CloudWatch metrics"), and running copies by the messages in flight. */
function longLane(project: Project, queues: readonly DescribedQueue[]): IWidget[] {
  const sum = { statistic: "Sum", period: MINUTES_5 };
  const builds = [
    project.metricBuilds({ ...sum, label: "started" }),
    project.metricFailedBuilds({ ...sum, label: "failed" }),
    project.metricSucceededBuilds({ ...sum, label: "succeeded" }),
  ];
  const running = queues
    .filter(({ priority }) => priority === "long")
    .map(({ queue, destination }) =>
      queue.metricApproximateNumberOfMessagesNotVisible({
        statistic: "Maximum",
        period: MINUTES_5,
        label: destination,
      }),
    );
  return [graph("Long lane: builds", builds), graph("Long lane: copies in progress", running)];
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: HALF, height: 6 });
}

/** One line for each function and each way in which its invocations ended (CloudWatch user guide, "Percentiles"). */
function durationsBy(percentile: "p50" | "p99", stack: string): MathExpression {
  return new MathExpression({
    expression: `SEARCH('{${METRIC_NAMESPACE},stack,service,reason} MetricName="${Metric.invocationDuration}" stack="${stack}"', '${percentile}', 300)`,
    usingMetrics: {},
    label: "",
    period: MINUTES_5,
  });
}

/** One line per reason (CloudWatch user guide, "CloudWatch search expression syntax"). */
function searchBy(metric: MetricName, stack: string): MathExpression {
  return new MathExpression({
    expression: `SEARCH('{${METRIC_NAMESPACE},stack,service,destination,reason} MetricName="${metric}" stack="${stack}"', 'Sum', 300)`,
    usingMetrics: {},
    label: "",
    period: MINUTES_5,
  });
}
