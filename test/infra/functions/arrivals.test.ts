import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { EXAMPLE, synthesise } from "../template.ts";

const SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hook-AbCdEf";
const LOGIN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:login-AbCdEf";
const place = { account: "123456789012", region: "eu-central-1" };
const quay = { ...place, kind: "generic", registry: "quay.io", prefix: "team", loginSecret: LOGIN };

const templateOf = (source: object) => synthesise({ ...EXAMPLE, source });

/** Statements of the policies of one role, as text. */
function policiesOf(template: ReturnType<typeof templateOf>, role: string): string {
  const policies = Object.entries(template.findResources("AWS::IAM::Policy"));
  return JSON.stringify(policies.filter(([id]) => id.startsWith(`Freightliner${role}Role`)));
}

describe("a source that is no ECR registry", () => {
  it("has a URL for its notifications, whose function may invoke the fan-out function and read the shared secret only", () => {
    const template = templateOf({ ...quay, arrivals: { kind: "webhook", format: "quay", secret: SECRET } });
    template.hasResourceProperties("AWS::Lambda::Url", { AuthType: "NONE" });
    template.hasOutput("ArrivalsUrl", {});
    const arrivals = policiesOf(template, "Arrivals");
    expect(arrivals.match(/"(?:lambda|secretsmanager|ecr|sqs|dynamodb):\w+"/g)).toEqual([
      '"lambda:InvokeFunction"',
      '"secretsmanager:GetSecretValue"',
    ]);
    expect(arrivals).toContain(SECRET);
    expect(arrivals).not.toContain(LOGIN);
  });

  it("has an alarm for notifications that fail, and a stack without notifications has none", () => {
    const alarm = { AlarmDescription: Match.stringLikeRegexp("^Notifications of the source failed") };
    const hooked = templateOf({ ...quay, arrivals: { kind: "webhook", format: "quay", secret: SECRET } });
    hooked.resourcePropertiesCountIs("AWS::CloudWatch::Alarm", alarm, 1);
    templateOf(quay).resourcePropertiesCountIs("AWS::CloudWatch::Alarm", alarm, 0);
  });

  it("is read with its own login: no role may read ECR, and ECR's events start nothing", () => {
    const template = templateOf({ ...quay, arrivals: { kind: "webhook", format: "quay", secret: SECRET } });
    for (const role of ["Copy", "LongLane", "Reconcile"]) {
      expect(policiesOf(template, role)).not.toContain("ecr:");
      expect(policiesOf(template, role)).toContain(LOGIN);
    }
    template.resourceCountIs("AWS::Events::Rule", 0);
  });

  it("has no URL when it sends no notifications, and neither has ECR", () => {
    for (const source of [quay, EXAMPLE.source]) templateOf(source).resourceCountIs("AWS::Lambda::Url", 0);
    templateOf(EXAMPLE.source).resourceCountIs("AWS::Events::Rule", 1);
  });
});
