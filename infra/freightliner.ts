import { Annotations, Aws, Stack } from "aws-cdk-lib";
import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { parseConfiguration, parseDocumentText } from "../src/contract/configuration/configuration.ts";
import type { Configuration } from "../src/contract/configuration/configuration.ts";
import type { ConfigurationDocument } from "../src/contract/configuration/configuration-document.ts";
import { warningsOf } from "../src/contract/warnings/warnings-of.ts";
import { longestHoldMs } from "../src/contract/rules/compile-rules.ts";
import { ENGINES } from "../src/contract/patterns/all-engines.ts";
import { createAnnounceFunction } from "./functions/announce-function.ts";
import { createAlarmTopic } from "./monitoring/alarm-topic.ts";
import { createAlarms } from "./monitoring/alarms.ts";
import type { AlarmsProps } from "./monitoring/alarms-props.ts";
import { createCopyQueues } from "./storage/copy-queues.ts";
import type { DescribedQueue } from "./storage/copy-queues.ts";
import { createDashboard } from "./monitoring/dashboard.ts";
import { deploymentOf } from "./settings/deployment.ts";
import { createApiFunctions } from "./functions/api-functions.ts";
import type { ApiFunction } from "./functions/api-functions.ts";
import { createArrivalsFunction } from "./functions/arrivals-function.ts";
import { createJobsFunction } from "./functions/jobs-function.ts";
import type { JobsFunction } from "./functions/jobs-function.ts";
import { createFunctions } from "./functions/functions.ts";
import { allowSecrets } from "./access/secret-access.ts";
import { allowEcrDestinations } from "./access/target-access.ts";
import { allowKeyForRoles, allowKeyForServices } from "./access/kms-access.ts";
import { createLongLane } from "./functions/long-lane.ts";
import { createConfigurationLayer } from "./functions/configuration-layer.ts";
import { createExternalConfiguration } from "./functions/external-configuration.ts";
import { createNotifications } from "./functions/notify-function.ts";
import { createPushRule } from "./push-rule.ts";
import type { PushRuleProps } from "./push-rule.ts";
import { createQueries } from "./monitoring/queries.ts";
import { documentSettings } from "./settings/document-settings.ts";
import { checkSettings } from "./settings/settings.ts";
import type { DeployedSettings, Settings } from "./settings/settings.ts";
import { allowRecords } from "./access/record-access.ts";
import { allowQueues, restrictActions } from "./access/queue-access.ts";
import { roleOf } from "./access/role-of.ts";
import { createStateTable } from "./storage/state-table.ts";

/** `configuration`, and any of the {@link Settings}. */
export interface FreightlinerProps extends Partial<Settings> {
  /** The configuration, as an object or JSON text (docs/use/configuration.md). An invalid one fails the synthesis. */
  readonly configuration: string | ConfigurationDocument;
}

type TrustedRoles = Readonly<Record<"copy" | "probe" | "reconcile", IRole>> & {
  readonly longLane?: IRole;
  readonly canary?: IRole;
  readonly inspect?: IRole;
};

/** Freightliner as a construct, for any stack: rule -> fan-out -> queues -> copy, with the state table, scheduled functions and monitoring. */
export class Freightliner extends Construct {
  /** The roles that access destinations, which Google must trust. */
  readonly trustedRoles: TrustedRoles;
  readonly table: TableV2;
  /** The dead-letter queue: copies that failed permanently. */
  readonly deadLetters: Queue;
  readonly alarms: readonly Alarm[];
  /** IDs in AppConfig, with a space between: application, environment, profile and deployment strategy of the external document. */
  readonly externalConfigurationIds: string;
  /** The addresses of the HTTP API, by the role of its users; none unless the settings ask for it. */
  readonly apiUrls: Readonly<Partial<Record<ApiFunction["role"], string>>>;
  /** Where a source that is no ECR registry sends its notifications; undefined when it sends none. */
  readonly arrivalsUrl?: string;

  constructor(scope: Construct, id: string, props: FreightlinerProps) {
    super(scope, id);
    const { configuration: document, ...given } = props;
    const { configuration, text } = readWithWarnings(document, this);
    const chosen = { ...documentSettings(this, configuration.stack), ...given };
    const deployment = deploymentOf(this, chosen.name, configuration.source);
    const settings = { ...checkSettings(chosen, Stack.of(this).region), deployment };
    this.table = createStateTable(this, settings);
    const stored = createCopyQueues(this, configuration, settings);
    const { queues, deadLetters, announcements } = stored;
    this.deadLetters = deadLetters;
    const layer = createConfigurationLayer(this, text);
    const external = createExternalConfiguration(this, { configuration, layer, settings });
    const parts = { configuration, text, layer, external, queues, table: this.table, settings };
    const { schedules, receiptKey, ...created } = createFunctions(this, parts);
    const { fanOut, copy, probe, reconcile } = created.functions;
    const roles = { fanOut: roleOf(fanOut), copy: roleOf(copy), probe: roleOf(probe), reconcile: roleOf(reconcile) };
    const lane = configuration.longLane ? createLongLane(this, { ...parts, starter: roles.probe }) : undefined;
    const longLane = lane?.role;
    allowQueues({ queues, deadLetters, announcements, fanOut, copy, reconcile, probe, longLane });
    const copiers = [roles.copy, ...(longLane === undefined ? [] : [longLane])];
    allowTable({ roles, copiers, table: this.table });
    allowKey([...new Set([...Object.values(roles), ...copiers])], settings, Stack.of(this));
    const jobs = createJobsFunction(this, { ...parts, reconcile, schedules });
    const readers = { canary: created.canary && roleOf(created.canary), inspect: jobs && roleOf(jobs.inspect) };
    allowRegistries({ roles, copiers, ...readers }, configuration);
    this.trustedRoles = trustedOf(roles, { longLane, ...readers });
    const called = { checked: [reconcile, copy, probe], jobs, receiptKey };
    const apis = createApiFunctions(this, { ...parts, deadLetters, ...called });
    this.apiUrls = Object.fromEntries(apis.map(({ role, url }) => [role, url]));
    restrictQueues({ queues, deadLetters, roles, copiers, apis, jobs, settings });
    const { undelivered } = createPushRule(this, { fanOut, ...pushesOf(configuration), settings });
    const receiving = createArrivalsFunction(this, parts, fanOut);
    if (receiving !== undefined) this.arrivalsUrl = receiving.url.url;
    createAnnounceFunction(this, { announcements, senders: [...copiers, roles.probe], settings });
    const alarms = createOwnTopic(this, configuration, settings);
    const watched = {
      ...stored,
      undelivered,
      ...created,
      arrivals: receiving?.arrivals,
      deployment,
      undeliveredNotifications: createNotifications(this, { ...parts, schedules, alarms })?.undelivered,
      project: lane?.project,
      ...intervalsOf(configuration),
    };
    this.alarms = addMonitoring(this, watched, alarms, settings);
    external.monitorAfter(this.alarms);
    this.externalConfigurationIds = external.ids;
  }
}

/** Says at the synthesis what the configuration probably does not mean. */
function readWithWarnings(document: FreightlinerProps["configuration"], scope: Construct) {
  const read = readConfiguration(document);
  for (const [index, warning] of warningsOf(read.configuration).entries())
    Annotations.of(scope).addWarningV2(`freightliner:configuration-${index}`, warning);
  return read;
}

/** The roles that connect to destinations, without those that the stack does not have. */
function trustedOf(
  { copy, probe, reconcile }: Readonly<Record<"copy" | "probe" | "reconcile", IRole>>,
  { longLane, canary, inspect }: Readonly<Record<"longLane" | "canary" | "inspect", IRole | undefined>>,
): TrustedRoles {
  return {
    copy,
    probe,
    reconcile,
    ...(longLane === undefined ? {} : { longLane }),
    ...(canary === undefined ? {} : { canary }),
    ...(inspect === undefined ? {} : { inspect }),
  };
}

/** What alarms measure times by. */
function intervalsOf({
  reconcile,
  stack,
  rules,
}: Configuration): Pick<AlarmsProps, "reconcileEveryMinutes" | "canaryIntervalMinutes" | "longestHoldMs"> {
  return {
    reconcileEveryMinutes: reconcile.everyMinutes,
    canaryIntervalMinutes: stack.canary?.intervalMinutes,
    longestHoldMs: (destination) => longestHoldMs(rules, destination),
  };
}

/** The account whose registry emits events, undefined for a source elsewhere, and whether events of deleted tags count. */
function pushesOf({ source, rules }: Configuration): Pick<PushRuleProps, "account" | "deletes"> {
  return {
    account: source.kind === "ecr" ? Aws.ACCOUNT_ID : undefined,
    deletes: rules.some((rule) => rule.deletes !== undefined),
  };
}

/** Lets the roles and AWS's services use the stack's own key, if it has one. */
function allowKey(roles: readonly IRole[], { encryptionKey }: Pick<Settings, "encryptionKey">, stack: Stack): void {
  if (encryptionKey === undefined) return;
  allowKeyForRoles(roles, encryptionKey);
  allowKeyForServices(encryptionKey, stack);
}

/** Lets the roles read the secrets of registries, and use those of ECR that are destinations. */
function allowRegistries(
  {
    roles,
    copiers,
    canary,
    inspect,
  }: {
    readonly roles: Readonly<Record<"probe" | "reconcile", IRole>>;
    readonly copiers: readonly IRole[];
    readonly canary: IRole | undefined;
    readonly inspect: IRole | undefined;
  },
  configuration: Configuration,
): void {
  const { probe, reconcile } = roles;
  allowSecrets([...copiers, probe, reconcile], configuration);
  allowEcrDestinations({ copiers, probe, reconcile, canary, inspect }, configuration.destinations);
}

/** Lets each role use its own records of the table. */
function allowTable({
  roles,
  copiers,
  table,
}: {
  readonly roles: { readonly [name in "fanOut" | "probe" | "reconcile"]: IRole };
  readonly copiers: readonly IRole[];
  readonly table: TableV2;
}): void {
  for (const copier of copiers) allowRecords(copier, table, "copy");
  allowRecords(roles.fanOut, table, "fan-out");
  allowRecords(roles.probe, table, "probe");
  allowRecords(roles.reconcile, table, "reconcile");
}

interface RestrictedQueues {
  readonly queues: readonly DescribedQueue[];
  readonly deadLetters: Queue;
  readonly settings: Settings;
  readonly roles: { readonly [name in "fanOut" | "copy" | "probe" | "reconcile"]: IRole };
  /** The roles that run copies: of the function, and of the builds if there is a long lane. */
  readonly copiers: readonly IRole[];
  readonly apis: readonly ApiFunction[];
  /** The functions of jobs, if there are any. */
  readonly jobs: JobsFunction | undefined;
}

/** Restricts who may send to the queues, and, with operators, who may read and delete dead letters. */
function restrictQueues({ queues, deadLetters, roles, copiers, apis, jobs, settings }: RestrictedQueues): void {
  const { operators } = settings;
  const movers = apis.filter(({ role }) => role === "operator").map(({ served }) => roleOf(served));
  const requesters = jobs === undefined ? movers : [...movers, roleOf(jobs.jobs), roleOf(jobs.inspect)];
  const send = ["sqs:SendMessage"];
  for (const { queue, priority } of queues) {
    if (priority === "live") restrictActions(queue, send, [roles.fanOut]);
    else if (priority === "long") restrictActions(queue, send, [roles.copy]);
    else if (operators.length > 0)
      restrictActions(queue, send, [roles.fanOut, roles.reconcile, roles.probe, ...operators, ...requesters]);
  }
  restrictActions(deadLetters, send, copiers);
  if (operators.length === 0) return;
  const readers = [...operators, ...apis.map(({ served }) => roleOf(served))];
  restrictActions(deadLetters, ["sqs:ReceiveMessage"], readers);
  restrictActions(deadLetters, ["sqs:DeleteMessage", "sqs:PurgeQueue"], [...operators, ...movers]);
}

/** The stack's own topic of alarms, where mails or channels need one. */
function createOwnTopic(
  scope: Construct,
  { stack: { notifications } }: Configuration,
  { alarmEmails }: Settings,
): ITopic | undefined {
  return notifications.length > 0 || alarmEmails.length > 0 ? createAlarmTopic(scope, alarmEmails) : undefined;
}

/** Alarms, a dashboard and saved queries. */
function addMonitoring(
  scope: Construct,
  parts: Omit<AlarmsProps, "actions" | "runbookUrl" | "metrics" | "hasJobs" | "hasApi">,
  own: ITopic | undefined,
  settings: DeployedSettings,
): Alarm[] {
  const { runbookUrl } = settings;
  const alarmTopics = [...settings.alarmTopics, ...(own === undefined ? [] : [own])];
  const alarms = createAlarms(scope, {
    ...parts,
    runbookUrl,
    metrics: settings.metrics,
    hasJobs: settings.jobs,
    hasApi: settings.api !== undefined,
    actions: alarmTopics.map((topic) => new SnsAction(topic)),
  });
  createDashboard(scope, { ...parts, alarms });
  createQueries(
    scope,
    Object.values(parts.functions).map(({ logGroup }) => logGroup),
    parts.deployment,
  );
  return alarms;
}

/** The validated configuration, and its compact JSON text. */
export function readConfiguration(document: FreightlinerProps["configuration"]) {
  const written = typeof document === "string" ? document : JSON.stringify(document);
  const read = parseDocumentText(written);
  return { configuration: parseConfiguration(read, ENGINES), text: JSON.stringify(read) };
}
