import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { EXAMPLE, synthesise } from "../template.ts";

const template = synthesise();
const READING = ["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"];

describe("the external configuration of a stack", () => {
  it("is an empty document that a function of ours has checked, and that the stack deploys once", () => {
    template.hasResourceProperties("AWS::AppConfig::ConfigurationProfile", {
      LocationUri: "hosted",
      Validators: [{ Type: "LAMBDA", Content: { "Fn::GetAtt": [Match.stringLikeRegexp("Validate"), "Arn"] } }],
    });
    template.hasResourceProperties("AWS::AppConfig::HostedConfigurationVersion", {
      Content: "{}",
      ContentType: "application/json",
    });
    template.resourceCountIs("AWS::AppConfig::Deployment", 1);
    template.hasResourceProperties("AWS::Lambda::Permission", {
      FunctionName: { "Fn::GetAtt": [Match.stringLikeRegexp("Validate"), "Arn"] },
      Principal: "appconfig.amazonaws.com",
    });
  });

  it("is deployed gradually, and rolled back by the alarm on refused documents", () => {
    template.hasResourceProperties("AWS::AppConfig::DeploymentStrategy", {
      DeploymentDurationInMinutes: 10,
      FinalBakeTimeInMinutes: 10,
      GrowthFactor: 20,
      GrowthType: "LINEAR",
    });
    template.hasResource("AWS::AppConfig::Environment", {
      Properties: {
        Monitors: [
          {
            AlarmArn: {
              "Fn::Join": ["", Match.arrayWith([":alarm:freightliner-configuration-refused-eu-central-1"])],
            },
            AlarmRoleArn: Match.anyValue(),
          },
        ],
      },
      DependsOn: Match.arrayWith([Match.stringLikeRegexp("Alarmconfigurationrefused")]),
    });
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      AlarmName: "freightliner-configuration-refused-eu-central-1",
      Threshold: 0,
      EvaluationPeriods: 1,
    });
  });

  it("can be read by every role that uses a configuration, and by no other; each may read this document only", () => {
    const statements = Object.values(template.findResources("AWS::IAM::Policy")).flatMap(({ Properties }) =>
      Properties.PolicyDocument.Statement.map((statement: object) => ({ roles: Properties.Roles, ...statement })),
    );
    const reading = statements.filter(({ Action }) => JSON.stringify(Action) === JSON.stringify(READING));
    expect(reading).toHaveLength(5);
    for (const { Resource } of reading) {
      expect(JSON.stringify(Resource)).toMatch(
        /:application\/.*ExternalConfiguration.*\/environment\/.*ExternalEnvironment.*\/configuration\/.*ExternalDocument/,
      );
    }
    const roles = reading.map(({ roles: [role] }) => String(role.Ref).replace(/^Freightliner|Role[0-9A-F]{8}$/g, ""));
    expect(new Set(roles)).toEqual(new Set(["Copy", "FanOut", "LongLane", "Probe", "Reconcile"]));
    expect(JSON.stringify(statements)).not.toMatch(/"appconfig:(?!StartConfigurationSession|GetLatestConfiguration)/);
  });

  it("has no monitor in a stack without metrics, which has no alarm either", () => {
    const silent = synthesise(EXAMPLE, { metrics: false });
    silent.hasResourceProperties("AWS::AppConfig::Environment", { Monitors: Match.absent() });
  });
});
