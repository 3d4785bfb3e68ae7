import { Duration, RemovalPolicy, Token } from "aws-cdk-lib";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ILayerVersion } from "aws-cdk-lib/aws-lambda";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Deployment } from "../../src/contract/stack/names.ts";
import {
  BACKFILL_MAX_CONCURRENCY,
  COPY_MAX_CONCURRENCY,
  COPY_MEMORY_MEGABYTES,
  RETENTION_DAYS,
} from "../../src/contract/stack/limits.ts";

/** Where people are told of alarms, beside the topics of their own. */
export interface Notifications {
  readonly kind: "slack" | "teams" | "generic";
  /** Holds the webhook's URL, and nothing else. */
  readonly webhook: ISecret;
  /** Hosts a generic webhook may be at; those of Slack and Teams are known. */
  readonly hosts?: readonly string[];
  /** `problems` (the default): alarms that go off; `changes`: also when all is well again. */
  readonly of?: "problems" | "changes";
}

/** What a team may decide about its stack, beside the configuration; every field has a default that is fit for production. */
export interface Settings {
  /**
   * What the names of resources begin with, and what the command's `--stack` takes; the stack's own name when not given. Needed where one stack holds
   * two of them.
   */
  readonly name?: string | undefined;
  /**
   * Encrypts queues, table and logs; without it, keys that AWS owns do. Its policy must let CloudWatch Logs use it, and the stack
   * must have a region of its own (`env`).
   */
  readonly encryptionKey?: IKey | undefined;
  /**
   * Memory of the copy function in MB. 1,769 MB are one whole vCPU (AWS Lambda developer guide, "Configure memory"): TLS on
   * both sides and a hash. More gives more network, too.
   */
  readonly copyMemoryMegabytes: number;
  /** Copies at once, per destination: of what was just pushed, and of a backfill (2 to 1,000 each). */
  readonly liveConcurrency: number;
  readonly backfillConcurrency: number;
  /** How long messages are kept that nobody could take; SQS allows 14 days. */
  readonly messageRetention: Duration;
  readonly logRetention: RetentionDays;
  /** Metrics of our own, in the embedded metric format; without them, the alarms that look at them are left out. */
  readonly metrics: boolean;
  /** X-Ray's active tracing: a service map, and every invocation on it. */
  readonly tracing: boolean;
  /**
   * The layer `AWSOpenTelemetryDistroJs` of the stack's region (AWS Distro for OpenTelemetry, "Lambda"): spans of every call a function
   * makes, by OpenTelemetry, beside X-Ray's. It costs memory and a slower cold start. Needs `tracing`.
   */
  readonly openTelemetryLayer?: ILayerVersion | undefined;
  /**
   * Roles of the people who look after dead letters and bring them back. With any, nobody else may read dead letters, or send to the backfill
   * queues; without, the account's own policies decide.
   */
  readonly operators: readonly IRole[];
  /** What becomes of the table when the stack is removed. */
  readonly tableRemovalPolicy: RemovalPolicy;
  /** Told when an alarm goes off, and when all is well again. Without any, alarms only show in CloudWatch. */
  readonly alarmTopics: readonly ITopic[];
  /** A chat room that is told of alarms, by a webhook. */
  readonly notifications?: Notifications | undefined;
  /** Where docs/operate/runbook.md is published, `https://...`: alarms link to its headings. Without it, they say what it says. */
  readonly runbookUrl?: string | undefined;
}

/** Settings, and what they are for. */
export interface DeployedSettings extends Settings {
  readonly deployment: Deployment;
}

export const DEFAULT_SETTINGS: Settings = {
  copyMemoryMegabytes: COPY_MEMORY_MEGABYTES,
  liveConcurrency: COPY_MAX_CONCURRENCY,
  backfillConcurrency: BACKFILL_MAX_CONCURRENCY,
  messageRetention: Duration.days(RETENTION_DAYS),
  logRetention: RetentionDays.ONE_MONTH,
  metrics: true,
  tracing: true,
  tableRemovalPolicy: RemovalPolicy.RETAIN,
  alarmTopics: [],
  operators: [],
};

/** A setting is outside of what AWS takes; the message names it. */
export class SettingError extends Error {
  override readonly name = "SettingError";
}

/** @throws {SettingError} naming the field, so that the synthesis fails and not the deployment. */
export function checkSettings(settings: Settings, region: string): Settings {
  if (settings.encryptionKey !== undefined && Token.isUnresolved(region)) {
    throw new SettingError("encryptionKey: needs a stack with a region; give the stack an env");
  }
  if (settings.openTelemetryLayer !== undefined && !settings.tracing) {
    throw new SettingError(
      "openTelemetryLayer: needs tracing, which is switched off; the layer sends what it sees to X-Ray",
    );
  }
  const { runbookUrl } = settings;
  if (runbookUrl !== undefined && !/^https:\/\/[^/]+/.test(runbookUrl)) {
    throw new SettingError(`runbookUrl: takes a link that works in a message, https://..., not ${runbookUrl}`);
  }
  within("copyMemoryMegabytes", settings.copyMemoryMegabytes, 256, 10_240);
  within("liveConcurrency", settings.liveConcurrency, 2, 1_000);
  within("backfillConcurrency", settings.backfillConcurrency, 2, 1_000);
  within("messageRetention (seconds)", settings.messageRetention.toSeconds(), 3_600, RETENTION_DAYS * 86_400);
  return settings;
}

function within(field: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new SettingError(`${field}: takes a whole number from ${least} to ${most}, not ${value}`);
}
