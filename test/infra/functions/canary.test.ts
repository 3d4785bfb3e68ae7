import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { EXAMPLE, synthesise } from "../template.ts";

const rule = { repositories: ["ops/canary"], destinations: ["europe", "asia"] };
const document = {
  ...EXAMPLE,
  rules: [...EXAMPLE.rules, rule],
  stack: { canary: { repository: "ops/canary", intervalMinutes: 20 } },
};
const template = synthesise(document);
const statements = Object.entries(template.findResources("AWS::IAM::Policy"))
  .filter(([name]) => name.startsWith("FreightlinerCanary"))
  .flatMap(
    ([, policy]): { readonly Action: string | string[]; readonly Resource: unknown }[] =>
      policy["Properties"].PolicyDocument.Statement,
  );

describe("the canary of a stack", () => {
  it("has a function, a schedule and alarms only when it is asked for", () => {
    expect(JSON.stringify(synthesise().toJSON())).not.toMatch(/FreightlinerCanary|freightliner-canary|CanaryAge/);
    template.hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "freightliner-canary-eu-central-1",
      Timeout: 50,
    });
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      Name: "freightliner-canary-eu-central-1",
      ScheduleExpression: "rate(1 minute)",
      Target: Match.objectLike({ RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } }),
    });
  });

  it.each(["europe", "asia"])(
    "alarms for %s less than two intervals after the last arrival, and without data",
    (name) => {
      template.hasResourceProperties("AWS::CloudWatch::Alarm", {
        AlarmName: `freightliner-${name}-canary-eu-central-1`,
        MetricName: "CanaryAge",
        Statistic: "Maximum",
        Period: 60,
        EvaluationPeriods: 2,
        // Two intervals of 20 minutes, less the alarm's own minutes and the time until CloudWatch evaluates them.
        Threshold: (2 * 20 - 4) * 60,
        ComparisonOperator: "GreaterThanThreshold",
        TreatMissingData: "breaching",
        Dimensions: Match.arrayWith([{ Name: "destination", Value: name }]),
      });
    },
  );

  it("is on the dashboard", () => {
    const [dashboard] = Object.values(template.findResources("AWS::CloudWatch::Dashboard"));
    expect(JSON.stringify(dashboard)).toMatch(/Age of the newest canary.{0,400}CanaryAge/);
  });

  it("may write to one repository of the source, and to nothing else but its record", () => {
    const writing = statements.filter(({ Action }) =>
      /"ecr:(?:Put|Upload|Initiate|Complete|BatchDelete)/.test(JSON.stringify(Action)),
    );
    expect(writing).toHaveLength(1);
    expect(JSON.stringify(writing[0]?.Resource)).toMatch(
      /^\{"Fn::Join":\["",\["arn:",\{"Ref":"AWS::Partition"\},":ecr:eu-central-1:123456789012:repository\/ops\/canary"\]\]\}$/,
    );
    const text = JSON.stringify(statements);
    const records = [...text.matchAll(/"dynamodb:LeadingKeys":(\[[^\]]*\])/g)].map(([, keys = ""]) => keys);
    expect(records.toSorted()).toEqual(['["CANARY#*","RATE#*","CONFIGURATION#*"]', '["TAG#*:freightliner-canary"]']);
    expect(text).not.toMatch(/sqs:|lambda:|dynamodb:(?:DeleteItem|UpdateItem|Scan)/);
  });

  it("is one of the roles that Google has to trust", () => {
    expect(Object.keys(template.findOutputs("*", {})).filter((name) => /canary/i.test(name))).toHaveLength(1);
    const ecr = { name: "mirror", kind: "ecr", account: "210987654321", region: "us-east-1", prefix: "m" };
    const into = synthesise({
      ...document,
      destinations: [...EXAMPLE.destinations, ecr],
      rules: [{ ...rule, repositories: ["**"], destinations: ["europe", "asia", "mirror"] }],
    });
    const own = JSON.stringify(
      Object.entries(into.findResources("AWS::IAM::Policy")).filter(([name]) => name.startsWith("FreightlinerCanary")),
    );
    expect(own).toMatch(/"Action":"ecr:BatchGetImage".{0,200}:ecr:us-east-1:210987654321:repository\/m\/\*/);
  });
});
