import type { IAlarmAction } from "aws-cdk-lib/aws-cloudwatch";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Project } from "aws-cdk-lib/aws-codebuild";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Deployment } from "../../src/contract/stack/names.ts";
import type { DescribedQueue } from "../storage/copy-queues.ts";

/** What the alarms watch, and what they do. */
export interface AlarmsProps {
  readonly queues: readonly DescribedQueue[];
  readonly deadLetters: Queue;
  /** Announcements of pushes that the event bus has not taken yet. */
  readonly announcements: Queue;
  /** Events that could not be delivered to the fan-out function. */
  readonly undelivered: Queue;
  readonly functions: { readonly [name in "fanOut" | "copy" | "probe" | "reconcile"]: LambdaFunction };
  /** The function that receives notifications of a source that is no ECR registry; undefined without one. */
  readonly arrivals: LambdaFunction | undefined;
  /** The function that signs receipts; undefined where they are not signed. */
  readonly seal: LambdaFunction | undefined;
  /** The function that pushes canaries; undefined without canaries. */
  readonly canary: LambdaFunction | undefined;
  readonly hasJobs: boolean;
  readonly hasApi: boolean;
  /** The project of the long lane; undefined without a long lane. */
  readonly project: Project | undefined;
  /** Actions for alarms and recoveries. */
  readonly actions: readonly IAlarmAction[];
  /** Where the runbook is published; descriptions link to its headings. */
  readonly runbookUrl: string | undefined;
  /** Notifications that no channel took; undefined without channels. */
  readonly undeliveredNotifications: Queue | undefined;
  /** Whether the functions emit metrics. */
  readonly metrics: boolean;
  readonly reconcileEveryMinutes: number;
  /** How often a canary is pushed; undefined without canaries. */
  readonly canaryIntervalMinutes: number | undefined;
  /** How long the rules let images wait for a destination at most, in milliseconds. */
  readonly longestHoldMs: (destination: string) => number;
  readonly deployment: Deployment;
}
