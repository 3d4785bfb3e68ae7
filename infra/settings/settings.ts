import { Token } from "aws-cdk-lib";
import type { Duration, RemovalPolicy } from "aws-cdk-lib";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ILayerVersion } from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Deployment } from "../../src/contract/stack/names.ts";
import { RETENTION_DAYS } from "../../src/contract/stack/limits.ts";

/** Where spans are sent. */
export interface TraceSettings {
  readonly endpoint: string;
  readonly share?: number | undefined;
  /** ARN of a secret with headers, `name=value,name=value`. */
  readonly headersSecret?: string | undefined;
  /** ARN of the KMS key of that secret, unless it is the account's `aws/secretsmanager`. */
  readonly secretEncryptionKey?: string | undefined;
}

/** Settings of a stack; those that are omitted are the ones of the configuration's `stack`, whose defaults are suitable for production. */
export interface Settings {
  /**
   * Prefix of the resource names, and the value of the command's `--stack`; the stack's own name by default. Required where one stack
   * contains two of these constructs.
   */
  readonly name?: string | undefined;
  /**
   * Encrypts queues, table and logs, instead of keys that AWS owns. Its policy must allow CloudWatch Logs to use it, and the stack must
   * have a concrete region (`env`).
   */
  readonly encryptionKey?: IKey | undefined;
  /**
   * Memory of the copy function in MB. 1,769 MB are one full vCPU (AWS Lambda developer guide, "Configure memory"), which TLS on both
   * sides and hashing need.
   */
  readonly copyMemoryMegabytes: number;
  /** Concurrent copies per destination, for live pushes and for a backfill (2 to 1,000 each). */
  readonly liveConcurrency: number;
  readonly backfillConcurrency: number;
  /** How long queues keep messages; SQS allows at most 14 days. */
  readonly messageRetention: Duration;
  readonly logRetention: RetentionDays;
  /** Whether functions emit metrics, in the embedded metric format. Without them, the alarms on them are omitted. */
  readonly metrics: boolean;
  /** Active tracing by X-Ray: a service map, and a trace of sampled invocations. */
  readonly tracing: boolean;
  /**
   * The layer `AWSOpenTelemetryDistroJs` of the stack's region (AWS Distro for OpenTelemetry, "Lambda"): OpenTelemetry spans of every
   * call of a function, in addition to X-Ray's. It costs memory and slows down cold starts. Requires `tracing`.
   */
  readonly openTelemetryLayer?: ILayerVersion | undefined;
  /**
   * Sends the spans of fan-out, copies and the long lane to a collector that takes OTLP over HTTP. `share`: of all traces, 0 to 1; all of
   * them by default. `headersSecret`: the ARN of a secret with headers of each request. Not with `openTelemetryLayer`.
   */
  readonly traces?: TraceSettings | undefined;
  /**
   * Roles of the people who redrive dead letters. With at least one, no other principal may read dead letters, and only they and
   * the fan-out and reconcile functions may send to the backfill queues. Without one, the account's IAM policies decide.
   */
  readonly operators: readonly IRole[];
  /** Chains receipts per destination and signs them, with an asymmetric key in KMS that the stack creates and never deletes. */
  readonly signReceipts: boolean;
  /** Jobs of operators: a function, and a group of schedules that operators change at run time. */
  readonly jobs: boolean;
  /** An HTTP API, and the origins of the web pages that may use it; undefined: none. */
  readonly api?: { readonly origins: readonly string[] } | undefined;
  /** Whether the table is kept when the stack is removed. */
  readonly tableRemovalPolicy: RemovalPolicy;
  /** Topics that receive alarms and recoveries. Without any, alarms are visible in CloudWatch only. */
  readonly alarmTopics: readonly ITopic[];
  /** Addresses that receive alarms and recoveries, after each has confirmed it by a link. */
  readonly alarmEmails: readonly string[];
  /** Where docs/operate/runbook.md is published, `https://...`: alarms link to its headings. Without it, they contain its text. */
  readonly runbookUrl?: string | undefined;
}

/** Settings with the deployment that they apply to. */
export interface DeployedSettings extends Settings {
  readonly deployment: Deployment;
}

/** A setting is invalid; the message names it. */
export class SettingError extends Error {
  override readonly name = "SettingError";
}

/** Validates settings, so that the synthesis fails and not the deployment. @throws {SettingError} that names the field. */
export function checkSettings(settings: Settings, region: string): Settings {
  if (settings.encryptionKey !== undefined && Token.isUnresolved(region)) {
    throw new SettingError("encryptionKey: needs a stack with a concrete region; set the env of the stack");
  }
  if (settings.openTelemetryLayer !== undefined && !settings.tracing) {
    throw new SettingError(
      "openTelemetryLayer: requires tracing, which is disabled; the layer sends its spans to X-Ray",
    );
  }
  checkTraces(settings);
  const { runbookUrl } = settings;
  if (runbookUrl !== undefined && !/^https:\/\/[^/]+/.test(runbookUrl)) {
    throw new SettingError(`runbookUrl: must be an absolute link, https://..., not ${runbookUrl}`);
  }
  within("copyMemoryMegabytes", settings.copyMemoryMegabytes, 256, 10_240);
  within("liveConcurrency", settings.liveConcurrency, 2, 1_000);
  within("backfillConcurrency", settings.backfillConcurrency, 2, 1_000);
  within("messageRetention (seconds)", settings.messageRetention.toSeconds(), 3_600, RETENTION_DAYS * 86_400);
  return settings;
}

function checkTraces({ traces, openTelemetryLayer }: Settings): void {
  if (traces === undefined) return;
  if (openTelemetryLayer !== undefined) {
    throw new SettingError("traces: openTelemetryLayer sends spans of its own; set one of the two");
  }
  const { endpoint, share = 1 } = traces;
  if (!Token.isUnresolved(endpoint) && !/^https?:\/\/[^/\s]+/.test(endpoint)) {
    throw new SettingError(`traces.endpoint: must be an address, http://... or https://..., not ${endpoint}`);
  }
  if (!(share >= 0 && share <= 1)) throw new SettingError(`traces.share: must be from 0 to 1, not ${share}`);
}

function within(field: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new SettingError(`${field}: must be a whole number from ${least} to ${most}, not ${value}`);
}
