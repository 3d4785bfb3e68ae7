import { createHash } from "node:crypto";
import { partitionOf } from "./partition.ts";

/** One deployment of Freightliner: the parts of its resource names. */
export interface Deployment {
  /** The name of the stack, or the `name` setting of the construct. */
  readonly stack: string;
  readonly region: string;
}

/** The longest name that each service accepts, in characters. All accept letters, digits and hyphens. */
export const LONGEST_NAME = {
  /** Lambda API, CreateFunction. */
  function: 64,
  /** IAM API, CreateRole. Role names are unique per account, not per region. */
  role: 64,
  /** SQS API, CreateQueue. */
  queue: 80,
  /** SNS API, CreateTopic. */
  topic: 256,
  /** CodeBuild API, CreateProject. */
  build: 150,
  /** EventBridge Scheduler API, CreateSchedule and CreateScheduleGroup. */
  schedule: 64,
  scheduleGroup: 64,
  /** AppConfig API, CreateApplication and CreateDeploymentStrategy. */
  appConfig: 64,
  /** CloudWatch API, PutMetricAlarm and PutDashboard. */
  alarm: 255,
  dashboard: 255,
  /** CloudWatch Logs API, PutQueryDefinition. */
  query: 255,
} as const;
export type NamedResource = keyof typeof LONGEST_NAME;

/** The functions of a deployment; their roles have the same names. */
export type FunctionName =
  | "fan-out"
  | "copy"
  | "probe"
  | "reconcile"
  | "notify"
  | "validate"
  | "arrivals"
  | "seal"
  | "canary"
  | "announce"
  | "jobs"
  | "inspect"
  | "api"
  | "viewer-api";

/** CloudFormation's grammar of stack names (CreateStack), and so of `-c stack=` and `--stack`. */
export function isStackName(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(text);
}

const HASH_LENGTH = 10;

/**
 * The name of a resource: `STACK-PART-REGION`, or `STACK-PART` where the stack's name already ends with the region. Unique for each region
 * and each stack of an account. Where a name is too long for its service, the stack's part is truncated and a hash of the full name is
 * appended. `part` has at most 48 characters.
 */
export function resourceName(kind: NamedResource, part: string, { stack, region }: Deployment): string {
  const isRegional = stack.endsWith(`-${region}`);
  const whole = isRegional ? `${stack}-${part}` : `${stack}-${part}-${region}`;
  const most = LONGEST_NAME[kind];
  if (whole.length <= most) return whole;
  const hash = createHash("sha256").update(`${stack}/${part}/${region}`).digest("hex").slice(0, HASH_LENGTH);
  const end = `-${part}-${hash}`;
  return `${stack.slice(0, most - end.length)}${end}`;
}

/** The ARN of a topic of the stack. */
export function topicArnOf(part: string, deployment: Deployment, account: string): string {
  const { region } = deployment;
  return `arn:${partitionOf(region)}:sns:${region}:${account}:${resourceName("topic", part, deployment)}`;
}

/** The alarm that rolls back the deployment of an external document. */
export const CONFIGURATION_REFUSED_ALARM = "configuration-refused";

/** The source of all events that a stack puts on the event bus. */
export const EVENT_SOURCE = "freightliner";
