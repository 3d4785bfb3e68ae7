import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { Role } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { LayerVersion } from "aws-cdk-lib/aws-lambda";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import type { StackSettings } from "../../src/contract/configuration/stack-settings.ts";
import type { Settings } from "./settings.ts";

/** The settings of a configuration's `stack`, with what they name imported below the scope. */
export function documentSettings(scope: Construct, written: StackSettings): Settings {
  const { encryptionKey, openTelemetryLayer } = written;
  return {
    name: written.name,
    copyMemoryMegabytes: written.copyMemoryMegabytes,
    liveConcurrency: written.liveConcurrency,
    backfillConcurrency: written.backfillConcurrency,
    messageRetention: Duration.days(written.messageRetentionDays),
    logRetention: written.logRetentionDays,
    metrics: written.metrics,
    tracing: written.tracing,
    traces: written.traces,
    signReceipts: written.signReceipts,
    jobs: written.jobs,
    api: written.api,
    tableRemovalPolicy: written.keepTable ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    alarmTopics: written.alarmTopics.map((arn, index) => Topic.fromTopicArn(scope, `AlarmTopic${index}`, arn)),
    alarmEmails: written.alarmEmails,
    operators: written.operators.map((arn, index) =>
      Role.fromRoleArn(scope, `Operator${index}`, arn, { mutable: false }),
    ),
    runbookUrl: written.runbookUrl,
    encryptionKey: encryptionKey === undefined ? undefined : Key.fromKeyArn(scope, "EncryptionKey", encryptionKey),
    openTelemetryLayer:
      openTelemetryLayer === undefined
        ? undefined
        : LayerVersion.fromLayerVersionArn(scope, "OpenTelemetry", openTelemetryLayer),
  };
}
