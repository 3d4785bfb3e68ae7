import { Aws, Stack } from "aws-cdk-lib";
import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { parseConfigurationText } from "../src/contract/configuration.ts";
import type { ConfigurationDocument } from "../src/contract/configuration-document.ts";
import type { Configuration } from "../src/contract/configuration.ts";
import type {
  CopyEnvironment,
  CopyQueue,
  FanOutEnvironment,
  ProbeEnvironment,
  ReconcileEnvironment,
} from "../src/contract/environment.ts";
import { createAlarms } from "./alarms.ts";
import type { AlarmsProps } from "./alarms.ts";
import { createCopyFunction } from "./copy-function.ts";
import { createCopyQueues } from "./copy-queues.ts";
import type { DescribedQueue } from "./copy-queues.ts";
import { createDashboard } from "./dashboard.ts";
import { allowKeys } from "./key-access.ts";
import { allowKeyUse } from "./key-use.ts";
import { createFanOutFunction } from "./fan-out-function.ts";
import { createNotifications } from "./notify-function.ts";
import { createProbeFunction } from "./probe-function.ts";
import { createPushRule } from "./push-rule.ts";
import { createQueries } from "./queries.ts";
import { checkSettings, DEFAULT_SETTINGS } from "./settings.ts";
import type { Settings } from "./settings.ts";
import { reserve } from "./queue-access.ts";
import { createReconcileFunction } from "./reconcile-function.ts";
import { roleOf } from "./role-of.ts";
import { Schedules } from "./schedules.ts";
import { createStateTable } from "./state-table.ts";

/** `configuration`, and any of the {@link Settings}. */
export interface FreightlinerProps extends Partial<Settings> {
  /** What is replicated where: the document of docs/configuration.md, or its JSON text. What is wrong with it fails the synthesis, by field. */
  readonly configuration: string | ConfigurationDocument;
}

/** Lambda takes 4 KB of variables in all; what the stack itself adds stays below this many bytes. */
const CONFIGURATION_MAX_BYTES = 2_500;

/** All of Freightliner, for any stack: rule -> fan-out -> queues -> copy, the table between them, and who looks after it all. */
export class Freightliner extends Construct {
  /** The roles of the functions that talk to destinations; the ones to trust on Google's side. */
  readonly trustedRoles: { readonly copy: IRole; readonly probe: IRole; readonly reconcile: IRole };
  readonly table: TableV2;
  /** Where copies go that can never succeed. */
  readonly deadLetters: Queue;
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: FreightlinerProps) {
    super(scope, id);
    const { configuration: document, ...given } = props;
    const settings = checkSettings({ ...DEFAULT_SETTINGS, ...given }, Stack.of(this).region);
    const { configuration, text } = readConfiguration(document);
    this.table = createStateTable(this, settings);
    const { queues, deadLetters } = createCopyQueues(this, configuration.destinations, settings);
    this.deadLetters = deadLetters;
    const functions = createFunctions(this, { configuration, text, queues, deadLetters, table: this.table, settings });
    const { fanOut, copy, probe, reconcile } = functions;
    const { everyMinutes } = configuration.reconcile;
    for (const { queue, priority } of queues) queue.grantSendMessages(priority === "live" ? fanOut : reconcile);
    for (const { queue } of queues.filter(({ priority }) => priority === "live")) {
      queue.grant(reconcile, "sqs:GetQueueAttributes");
    }
    for (const user of [copy, probe, reconcile]) this.table.grant(user, "dynamodb:GetItem", "dynamodb:PutItem");
    deadLetters.grantSendMessages(copy);
    if (settings.encryptionKey !== undefined) allowKeyUse([fanOut, copy, probe, reconcile], settings.encryptionKey);
    allowKeys([copy, probe, reconcile], configuration);
    this.trustedRoles = { copy: roleOf(copy), probe: roleOf(probe), reconcile: roleOf(reconcile) };
    reserveQueues({ queues, deadLetters, roles: { ...this.trustedRoles, fanOut: roleOf(fanOut) }, settings });
    const { undelivered } = createPushRule(this, { fanOut, account: Aws.ACCOUNT_ID, settings });
    const watched = { queues, deadLetters, undelivered, functions, reconcileEveryMinutes: everyMinutes };
    this.alarms = watchOver(this, watched, this.table, settings);
  }
}

interface FunctionParts {
  readonly configuration: Configuration;
  readonly text: string;
  readonly queues: readonly DescribedQueue[];
  readonly deadLetters: Queue;
  readonly table: TableV2;
  readonly settings: Settings;
}

interface ReservedQueues extends Pick<FunctionParts, "queues" | "deadLetters" | "settings"> {
  readonly roles: { readonly [name in "fanOut" | "copy" | "reconcile"]: IRole };
}

/** Who may put requests on the queues, and who may take them off as dead letters. */
function reserveQueues({ queues, deadLetters, roles, settings: { operators } }: ReservedQueues): void {
  const send = ["sqs:SendMessage"];
  for (const { queue, priority } of queues) {
    if (priority === "live") reserve(queue, send, [roles.fanOut]);
    else if (operators.length > 0) reserve(queue, send, [roles.reconcile, ...operators]);
  }
  reserve(deadLetters, send, [roles.copy]);
  if (operators.length === 0) return;
  reserve(deadLetters, ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue"], operators);
}

/** The functions, each with what it must know. */
function createFunctions(scope: Construct, parts: FunctionParts) {
  const { configuration, text, queues, deadLetters, table, settings } = parts;
  const described: CopyQueue[] = queues.map(({ destination, priority, queue }) => ({
    destination,
    priority,
    arn: queue.queueArn,
    url: queue.queueUrl,
  }));
  const common = {
    FREIGHTLINER_CONFIGURATION: text,
    FREIGHTLINER_QUEUES: Stack.of(scope).toJsonString(described),
  } satisfies FanOutEnvironment;
  const fanOut = createFanOutFunction(scope, common, settings);
  const access = {
    source: configuration.source,
    repositories: configuration.rules.flatMap(({ repositories }) => repositories),
  };
  const { copy, mappings } = createCopyFunction(scope, {
    environment: {
      ...common,
      FREIGHTLINER_TABLE: table.tableName,
      FREIGHTLINER_DEAD_LETTERS: deadLetters.queueUrl,
    } satisfies CopyEnvironment,
    queues,
    settings,
    ...access,
  });
  const watching = {
    FREIGHTLINER_CONFIGURATION: text,
    FREIGHTLINER_TABLE: table.tableName,
    FREIGHTLINER_MAPPINGS: Stack.of(scope).toJsonString(mappings),
  } satisfies ProbeEnvironment;
  const schedules = new Schedules(scope, "Schedules");
  const probe = createProbeFunction(scope, { environment: watching, mappings, schedules, settings });
  const reconcile = createReconcileFunction(scope, {
    environment: { ...watching, ...common } satisfies ReconcileEnvironment,
    mappings,
    schedules,
    named: configuration.reconcile.schedules,
    settings,
    ...access,
  });
  return { fanOut, copy, probe, reconcile };
}

/** Alarms, a dashboard and saved queries. */
function watchOver(
  scope: Construct,
  parts: Omit<AlarmsProps, "actions" | "runbookUrl" | "metrics">,
  table: TableV2,
  settings: Settings,
): Alarm[] {
  const { notifications, runbookUrl } = settings;
  const told = notifications && createNotifications(scope, notifications, table, settings);
  const alarmTopics = [...settings.alarmTopics, ...(told === undefined ? [] : [told.topic])];
  const alarms = createAlarms(scope, {
    ...parts,
    runbookUrl,
    metrics: settings.metrics,
    actions: alarmTopics.map((topic) => new SnsAction(topic)),
  });
  createDashboard(scope, { ...parts, alarms });
  createQueries(
    scope,
    Object.values(parts.functions).map(({ logGroup }) => logGroup),
  );
  return alarms;
}

/** The configuration, checked, and its text as the functions get it. */
function readConfiguration(document: FreightlinerProps["configuration"]) {
  const written = typeof document === "string" ? document : JSON.stringify(document);
  const configuration = parseConfigurationText(written);
  const text = JSON.stringify(JSON.parse(written));
  if (Buffer.byteLength(text) > CONFIGURATION_MAX_BYTES) {
    const problem = `the configuration has ${Buffer.byteLength(text)} bytes, and Lambda's variables hold ${CONFIGURATION_MAX_BYTES} of it`;
    throw new Error(`${problem}; join rules with globs, or deploy several stacks`);
  }
  return { configuration, text };
}
