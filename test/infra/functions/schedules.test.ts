import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { EXAMPLE, synthesise } from "../template.ts";

const template = synthesise();

describe("the schedules", () => {
  const nightly = { name: "nightly", at: "cron(0 2 * * ? *)", timeZone: "Europe/Berlin", include: ["prod/**"] };
  const scheduled = synthesise({ ...EXAMPLE, reconcile: { schedules: [nightly] } });
  const target = (name: string): object =>
    Match.objectLike({ Arn: { "Fn::GetAtt": [Match.stringLikeRegexp(name), "Arn"] } });

  it("invoke the probe and the reconcile function every minute", () => {
    template.resourceCountIs("AWS::Scheduler::Schedule", 2);
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      Name: "freightliner-probe-eu-central-1",
      ScheduleExpression: "rate(1 minute)",
      Target: target("Probe"),
    });
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      Name: "freightliner-reconcile-eu-central-1",
      ScheduleExpression: "rate(1 minute)",
      Target: target("Reconcile"),
    });
  });

  it("start named comparisons at their times, and retry failed invocations", () => {
    scheduled.hasResourceProperties("AWS::Scheduler::Schedule", {
      Name: "freightliner-reconcile-nightly-eu-central-1",
      ScheduleExpression: "cron(0 2 * * ? *)",
      ScheduleExpressionTimezone: "Europe/Berlin",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target: Match.objectLike({
        Input: '{"schedule":"nightly"}',
        RetryPolicy: { MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: 3_600 },
      }),
    });
  });

  it("have a role that only they can assume, and that can only invoke these functions", () => {
    scheduled.hasResourceProperties("AWS::IAM::Role", {
      AssumeRolePolicyDocument: Match.objectLike({
        Statement: [
          Match.objectLike({
            Principal: { Service: "scheduler.amazonaws.com" },
            Condition: {
              StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } },
              ArnLike: { "aws:SourceArn": Match.anyValue() },
            },
          }),
        ],
      }),
    });
    const calls = Object.entries(scheduled.findResources("AWS::IAM::Policy")).filter(([id]) =>
      id.includes("Schedules"),
    );
    expect(calls).toHaveLength(1);
    const text = JSON.stringify(calls);
    expect(text).toContain("lambda:InvokeFunction");
    expect(text).not.toContain("*");
  });
});
