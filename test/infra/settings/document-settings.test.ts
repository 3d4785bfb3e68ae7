import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { EXAMPLE, synthesise } from "../template.ts";

const KEY = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555";
const ON_CALL = "arn:aws:sns:eu-central-1:123456789012:on-call";
const ROOM = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:alarms-webhook-AbCdEf";
const OPERATOR = "arn:aws:iam::123456789012:role/platform-operator";

/** The stack of a file alone, as `cdk deploy -c config=FILE` makes it. */
const withStack = (stack: object) => synthesise({ ...EXAMPLE, stack });

describe("settings in the configuration's file", () => {
  it("alone give a stack that mails its alarms", () => {
    const template = withStack({ alarmEmails: ["on-call@example.com"] });
    template.hasResourceProperties("AWS::SNS::Subscription", { Protocol: "email", Endpoint: "on-call@example.com" });
    const [topic = ""] = Object.keys(template.findResources("AWS::SNS::Topic"));
    template.allResourcesProperties("AWS::CloudWatch::Alarm", { AlarmActions: Match.arrayWith([{ Ref: topic }]) });
    template.resourceCountIs("AWS::Lambda::Function", 6);
  });

  it("alone give a stack that notifies the team's topic and chat room", () => {
    const notifications = [{ name: "room", kind: "slack", webhook: ROOM }];
    const template = withStack({ alarmTopics: [ON_CALL], notifications });
    template.allResourcesProperties("AWS::CloudWatch::Alarm", { AlarmActions: Match.arrayWith([ON_CALL]) });
    template.hasResourceProperties("AWS::Lambda::Function", { FunctionName: "freightliner-notify-eu-central-1" });
    template.resourceCountIs("AWS::SNS::Topic", 1);
  });

  it("set name, memory, concurrency, key, retentions, tracing, table and operators", () => {
    const template = withStack({
      name: "images",
      encryptionKey: KEY,
      copyMemoryMegabytes: 3_008,
      liveConcurrency: 20,
      messageRetentionDays: 4,
      logRetentionDays: 90,
      tracing: false,
      keepTable: false,
      operators: [OPERATOR],
      runbookUrl: "https://wiki.example.com/runbook",
      traces: { endpoint: "https://collector.example.com" },
    });
    template.hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "images-copy-eu-central-1",
      MemorySize: 3_008,
      Environment: {
        Variables: Match.objectLike({ OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example.com" }),
      },
    });
    template.hasResourceProperties("AWS::Lambda::EventSourceMapping", { ScalingConfig: { MaximumConcurrency: 20 } });
    template.allResourcesProperties("AWS::SQS::Queue", { KmsMasterKeyId: KEY, MessageRetentionPeriod: 345_600 });
    template.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 90 });
    template.hasResource("AWS::DynamoDB::GlobalTable", { DeletionPolicy: "Delete" });
    expect(JSON.stringify(template.findResources("AWS::SQS::QueuePolicy"))).toContain(OPERATOR);
    expect(JSON.stringify(template.findResources("AWS::CloudWatch::Alarm"))).toContain(
      "https://wiki.example.com/runbook",
    );
  });

  it("are overridden by those of an app", () => {
    const stack = { name: "images", logRetentionDays: 90, copyMemoryMegabytes: 3_008 };
    const template = synthesise({ ...EXAMPLE, stack }, { name: "other", logRetention: RetentionDays.ONE_DAY });
    template.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 1 });
    template.hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "other-copy-eu-central-1",
      MemorySize: 3_008,
    });
  });

  it.each([
    [{ alarmEmails: ["nobody"] }, /stack\.alarmEmails\[0\]: /],
    [{ alarmTopics: ["on-call"] }, /stack\.alarmTopics\[0\]: is not the ARN of an SNS topic/],
    [{ traces: { endpoint: "collector" } }, /stack\.traces\.endpoint: is not the address of a collector/],
    [{ logRetentionDays: 31 }, /stack\.logRetentionDays: /],
    [
      { openTelemetryLayer: "arn:aws:lambda:eu-central-1:615299751070:layer:Otel:9", tracing: false },
      /requires tracing/,
    ],
    [{ notifications: [{ name: "a", kind: "slack", webhook: "https://x.test" }] }, /notifications\[0\]\.webhook: /],
  ])("that are wrong, as %o, fail the synthesis with their name", (stack, problem) => {
    expect(() => withStack(stack)).toThrow(problem);
  });
});
