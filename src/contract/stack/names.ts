import { createHash } from "node:crypto";

/** One deployment of Freightliner: what the names of its resources are made of. */
export interface Deployment {
  /** The stack, or the name that an app gave to one of several in a stack. */
  readonly stack: string;
  readonly region: string;
}

/** The longest name that each service takes, in characters; all of them take letters, digits and hyphens. */
export const LONGEST_NAME = {
  /** Lambda API, CreateFunction. */
  function: 64,
  /** IAM API, CreateRole. Names of roles are of the account, not of a region. */
  role: 64,
  /** SQS API, CreateQueue. */
  queue: 80,
  /** CodeBuild API, CreateProject. */
  build: 150,
  /** EventBridge Scheduler API, CreateSchedule and CreateScheduleGroup. */
  schedule: 64,
  scheduleGroup: 64,
  /** CloudWatch API, PutMetricAlarm and PutDashboard. */
  alarm: 255,
  dashboard: 255,
  /** CloudWatch Logs API, PutQueryDefinition. */
  query: 255,
} as const;
export type NamedResource = keyof typeof LONGEST_NAME;

/** The functions of a deployment; their roles have the same names. */
export type FunctionName = "fan-out" | "copy" | "probe" | "reconcile" | "notify";

/** CloudFormation's grammar of stack names (CreateStack), and so of `-c stack=` and `--stack`. */
export function isStackName(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(text);
}

const HASH_LENGTH = 10;

/**
 * The name of a resource: `STACK-PART-REGION`, and `STACK-PART` where the stack's name ends with the region already. No two regions and no
 * two stacks of an account share one. A name that its service would not take is cut in the stack's part, and a hash of the whole stands for
 * what is missing. `part` has at most 48 characters.
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
