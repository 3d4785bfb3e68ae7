import { App, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Annotations, Match, Template } from "aws-cdk-lib/assertions";
import { Key } from "aws-cdk-lib/aws-kms";
import { LayerVersion } from "aws-cdk-lib/aws-lambda";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { describe, expect, it } from "vitest";
import { Freightliner } from "../../../infra/freightliner.ts";
import { FreightlinerStack } from "../../../infra/freightliner-stack.ts";
import { EXAMPLE, synthesise, unbundledApp } from "../template.ts";

const template = synthesise();

it("warns at the synthesis about what the configuration probably does not mean", () => {
  const [first] = EXAMPLE.destinations;
  const destinations = [first, { ...first, name: "more", prefix: "project/more" }];
  const configuration = JSON.stringify({ ...EXAMPLE, destinations, rules: [{ ...EXAMPLE.rules[0] }] });
  const stack = new FreightlinerStack(unbundledApp(), "freightliner", { configuration });
  const [warning, ...others] = Annotations.fromStack(stack).findWarning(
    "*",
    Match.stringLikeRegexp("requestsPerSecond"),
  );
  expect([warning?.entry.data, others]).toEqual([expect.stringMatching(/^destinations europe, more: the rates/), []]);
});

describe("settings", () => {
  it("encrypt queues, table and logs with the team's key, and allow the functions to use it", () => {
    const scope = new Stack(new App(), "keys");
    const key = Key.fromKeyArn(scope, "Key", "arn:aws:kms:eu-central-1:123456789012:key/k");
    const nowhere = new Stack(unbundledApp(), "nowhere");
    expect(() => new Freightliner(nowhere, "Freightliner", { configuration: EXAMPLE, encryptionKey: key })).toThrow(
      /encryptionKey: needs a stack with a concrete region/,
    );
    const encrypted = synthesise(EXAMPLE, { encryptionKey: key });
    encrypted.allResourcesProperties("AWS::SQS::Queue", { KmsMasterKeyId: key.keyArn });
    encrypted.allResourcesProperties("AWS::Logs::LogGroup", { KmsKeyId: key.keyArn });
    encrypted.hasResourceProperties("AWS::DynamoDB::GlobalTable", {
      SSESpecification: { SSEEnabled: true, SSEType: "KMS" },
    });
    const text = JSON.stringify(encrypted.findResources("AWS::IAM::Policy"));
    expect(text.match(/kms:Decrypt/g)?.length).toBeGreaterThanOrEqual(4);
  });

  it("set memory, concurrency, retention and tracing", () => {
    const own = synthesise(EXAMPLE, {
      copyMemoryMegabytes: 3_008,
      liveConcurrency: 20,
      backfillConcurrency: 2,
      messageRetention: Duration.days(4),
      logRetention: RetentionDays.ONE_YEAR,
      tracing: false,
      tableRemovalPolicy: RemovalPolicy.DESTROY,
    });
    own.hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "freightliner-copy-eu-central-1",
      MemorySize: 3_008,
    });
    own.hasResourceProperties("AWS::Lambda::EventSourceMapping", { ScalingConfig: { MaximumConcurrency: 20 } });
    own.hasResourceProperties("AWS::Lambda::EventSourceMapping", { ScalingConfig: { MaximumConcurrency: 2 } });
    own.allResourcesProperties("AWS::SQS::Queue", { MessageRetentionPeriod: 345_600 });
    own.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 365 });
    own.hasResource("AWS::DynamoDB::GlobalTable", { DeletionPolicy: "Delete" });
    expect(JSON.stringify(own.toJSON())).not.toContain("xray:");
    template.allResourcesProperties("AWS::Lambda::Function", { TracingConfig: { Mode: "Active" } });
  });

  it("can disable the functions' metrics and the alarms on them; alarms on queues and on Lambda remain", () => {
    const quiet = synthesise(EXAMPLE, { metrics: false });
    quiet.allResourcesProperties("AWS::Lambda::Function", {
      Environment: { Variables: Match.objectLike({ POWERTOOLS_METRICS_DISABLED: "true" }) },
    });
    const alarms = JSON.stringify(quiet.findResources("AWS::CloudWatch::Alarm"));
    expect(alarms).toContain("dead-letters");
    expect(alarms).toContain("europe-oldest-message");
    expect(alarms).not.toContain('"Namespace":"Freightliner"');
    expect(Object.keys(quiet.findResources("AWS::CloudWatch::Alarm")).length).toBeLessThan(
      Object.keys(template.findResources("AWS::CloudWatch::Alarm")).length,
    );
  });

  it.each([
    [10, 2],
    [180, 6],
    [4_320, 144],
  ])("of a comparison every %d minutes make its heartbeat wait for %d hours", (everyMinutes, hours) => {
    const rare = synthesise({ ...EXAMPLE, reconcile: { everyMinutes } });
    rare.hasResourceProperties("AWS::CloudWatch::Alarm", {
      AlarmName: "freightliner-europe-reconcile-heartbeat-eu-central-1",
      EvaluationPeriods: hours,
      Period: 3_600,
      TreatMissingData: "breaching",
    });
  });

  it("add OpenTelemetry's layer to every function, in addition to X-Ray and without more permissions", () => {
    const arn = "arn:aws:lambda:eu-central-1:615299751070:layer:AWSOpenTelemetryDistroJs:9";
    const layer = LayerVersion.fromLayerVersionArn(new Stack(new App(), "layers"), "Layer", arn);
    const traced = synthesise(EXAMPLE, { openTelemetryLayer: layer });
    traced.allResourcesProperties("AWS::Lambda::Function", {
      Layers: Match.arrayWith([arn]),
      TracingConfig: { Mode: "Active" },
      Environment: {
        Variables: Match.objectLike({
          AWS_LAMBDA_EXEC_WRAPPER: "/opt/otel-instrument",
          OTEL_PROPAGATORS: "xray,tracecontext",
          NODE_OPTIONS: "--max-semi-space-size=4",
        }),
      },
    });
    expect(traced.findResources("AWS::IAM::Policy")).toEqual(template.findResources("AWS::IAM::Policy"));
    expect(JSON.stringify(template.findResources("AWS::Lambda::Function"))).not.toContain("otel");
    expect(() => synthesise(EXAMPLE, { openTelemetryLayer: layer, tracing: false })).toThrow(
      /openTelemetryLayer: requires tracing/,
    );
    expect(() => synthesise(EXAMPLE, { openTelemetryLayer: layer, traces: { endpoint: "http://c" } })).toThrow(
      /traces: openTelemetryLayer sends spans of its own/,
    );
  });

  it("let those that send traces read the headers for the collector from a secret, and others read none", () => {
    const headersSecret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:headers-AbCdEf";
    const traces = { endpoint: "https://collector.example.com", headersSecret };
    const secret = synthesise({ ...EXAMPLE, longLane: true, stack: { traces } });
    const readers = Object.entries(secret.findResources("AWS::IAM::Policy"))
      .filter(([, policy]) => JSON.stringify(policy).includes("secretsmanager:GetSecretValue"))
      .map(([id, policy]) => [id.replace(/Role.*/, ""), JSON.stringify(policy).includes(headersSecret)]);
    const all = ["FreightlinerCopy", "FreightlinerFanOut", "FreightlinerLongLane"];
    expect(Object.fromEntries(readers)).toEqual(Object.fromEntries(all.map((id) => [id, true])));
    const without = synthesise(EXAMPLE, { traces: { endpoint: traces.endpoint } });
    expect(JSON.stringify(without.toJSON())).not.toMatch(/secretsmanager:|TRACE_HEADERS/);
  });

  it("name the collector of traces to what handles a push, and to nothing else", () => {
    const endpoint = "https://collector.example.com";
    const traced = synthesise(EXAMPLE, { traces: { endpoint, share: 0.1 } });
    const named = Object.values(traced.findResources("AWS::Lambda::Function"))
      .filter((each) => JSON.stringify(each).includes(endpoint))
      .map(({ Properties }) => String(Properties.FunctionName));
    expect(named.toSorted()).toEqual(["freightliner-copy-eu-central-1", "freightliner-fan-out-eu-central-1"]);
    traced.hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "freightliner-copy-eu-central-1",
      Environment: {
        Variables: Match.objectLike({
          OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
          OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
          OTEL_TRACES_SAMPLER_ARG: "0.1",
        }),
      },
    });
    traced.hasResourceProperties("AWS::CodeBuild::Project", {
      Environment: {
        EnvironmentVariables: Match.arrayWith([
          Match.objectLike({ Name: "OTEL_EXPORTER_OTLP_ENDPOINT", Value: endpoint }),
        ]),
      },
    });
    expect(JSON.stringify(synthesise(EXAMPLE, { traces: { endpoint } }).toJSON())).not.toContain("OTEL_TRACES_SAMPLER");
    expect(JSON.stringify(template.toJSON())).not.toContain("OTEL_");
  });

  it.each([
    [{ traces: { endpoint: "collector:4318" } }, /traces\.endpoint: must be an address/],
    [{ traces: { endpoint: "http://c", share: 2 } }, /traces\.share: must be from 0 to 1, not 2/],
    [{ liveConcurrency: 1 }, /liveConcurrency: must be a whole number from 2 to 1000, not 1/],
    [{ copyMemoryMegabytes: 100 }, /copyMemoryMegabytes: /],
    [{ messageRetention: Duration.days(15) }, /messageRetention/],
  ])("that AWS would refuse, as %o, fail the synthesis with their name", (settings, problem) => {
    expect(() => synthesise(EXAMPLE, settings)).toThrow(problem);
  });
});

describe("a key of the team's own", () => {
  it("can encrypt logs, undelivered events and alarms of this account only, when the app creates it", () => {
    const stack = new Stack(unbundledApp(), "images", { env: { account: "123456789012", region: "eu-central-1" } });
    new Freightliner(stack, "Freightliner", { configuration: EXAMPLE, encryptionKey: new Key(stack, "Key") });
    const statement = (service: string, Action: string[], Condition: object) =>
      Match.objectLike({ Effect: "Allow", Principal: { Service: service }, Action, Condition });
    const arn = (end: string) => ({ "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, end]] });
    const ofAccount = { StringEquals: { "aws:SourceAccount": "123456789012" } };
    Template.fromStack(stack).hasResourceProperties("AWS::KMS::Key", {
      KeyPolicy: {
        Statement: Match.arrayWith([
          statement(
            "logs.eu-central-1.amazonaws.com",
            ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
            { ArnLike: { "kms:EncryptionContext:aws:logs:arn": arn(":logs:eu-central-1:123456789012:*") } },
          ),
          statement("events.amazonaws.com", ["kms:GenerateDataKey", "kms:Decrypt"], {
            ...ofAccount,
            ArnLike: { "aws:SourceArn": arn(":events:eu-central-1:123456789012:rule/*") },
          }),
          statement("cloudwatch.amazonaws.com", ["kms:GenerateDataKey*", "kms:Decrypt"], ofAccount),
        ]),
      },
    });
  });
});

describe("notifications", () => {
  it("have a topic to which CloudWatch can publish alarms of this account, over TLS only", () => {
    const webhook = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hook-AbCdEf";
    const told = synthesise({ ...EXAMPLE, stack: { notifications: [{ name: "room", kind: "slack", webhook }] } });
    told.hasResourceProperties("AWS::SNS::TopicPolicy", {
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
          {
            Effect: "Allow",
            Principal: { Service: "cloudwatch.amazonaws.com" },
            Action: "sns:Publish",
            Resource: { Ref: Match.stringLikeRegexp("Alarms") },
            Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
          },
        ],
      },
    });
  });
});
