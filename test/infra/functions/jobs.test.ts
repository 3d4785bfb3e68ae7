import { Role } from "aws-cdk-lib/aws-iam";
import { App, Stack } from "aws-cdk-lib";
import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { EXAMPLE, synthesise } from "../template.ts";

const template = synthesise({ ...EXAMPLE, stack: { jobs: true } });
const statementsOf = (id: string): unknown[] =>
  Object.entries(template.findResources("AWS::IAM::Policy"))
    .filter(([name]) => name.startsWith(`Freightliner${id}`))
    .flatMap(([, policy]): unknown[] => policy["Properties"].PolicyDocument.Statement);

describe("the jobs of a stack", () => {
  it("have a function and a schedule group only when they are asked for", () => {
    const without = JSON.stringify(synthesise().toJSON());
    expect(without).not.toMatch(/FREIGHTLINER_JOBS|JobStarter|JobUsers/);
    template.hasResourceProperties("AWS::Scheduler::ScheduleGroup", { Name: "freightliner-jobs-eu-central-1" });
    template.hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "freightliner-jobs-eu-central-1",
      Timeout: 900,
    });
  });

  it("are started by a role that may invoke their function and nothing else, for schedules of their group", () => {
    const invocations = statementsOf("JobStarter");
    expect(invocations).toHaveLength(1);
    expect(JSON.stringify(invocations)).toMatch(/"lambda:InvokeFunction".*function:freightliner-jobs-eu-central-1/);
    const roles = Object.values(
      template.findResources("AWS::IAM::Role", {
        Properties: {
          AssumeRolePolicyDocument: {
            Statement: [Match.objectLike({ Principal: { Service: "scheduler.amazonaws.com" } })],
          },
        },
      }),
    );
    const texts = roles
      .map((role) => JSON.stringify(role))
      .filter((text) => text.includes("schedule-group/freightliner-jobs-"));
    expect(texts).toHaveLength(1);
    expect(texts[0]).toMatch(/aws:SourceAccount/);
  });

  it("may read and write only their records, send to backfill queues only, and invoke the comparison only", () => {
    const text = JSON.stringify(statementsOf("JobsRole"));
    const actions = [
      ...new Set(text.match(/"(?:lambda|sqs|dynamodb|scheduler|iam|ecr|kms|secretsmanager):(?!LeadingKeys)\w+"/g)),
    ];
    expect(actions.toSorted()).toEqual([
      '"dynamodb:GetItem"',
      '"dynamodb:PutItem"',
      '"lambda:InvokeFunction"',
      '"sqs:SendMessage"',
    ]);
    expect(text).toMatch(/"JOBS#\*","RUNS#\*","CONFIGURATION#\*"/);
    expect(text).toMatch(/FreightlinerReconcile/);
    expect(text).not.toMatch(/live/i);
  });

  it("are changed by people who may pass only that role, and only to EventBridge Scheduler", () => {
    template.hasResourceProperties("AWS::IAM::ManagedPolicy", {
      ManagedPolicyName: "freightliner-jobs-users-eu-central-1",
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: "iam:PassRole",
            Resource: { "Fn::GetAtt": [Match.stringLikeRegexp("JobStarter"), "Arn"] },
            Condition: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
          }),
        ]),
      },
    });
  });

  it("may send to the backfill queues also where operators are named", () => {
    const operator = Role.fromRoleArn(new Stack(new App(), "roles"), "Operator", "arn:aws:iam::123456789012:role/ops");
    const operated = synthesise({ ...EXAMPLE, stack: { jobs: true } }, { operators: [operator] });
    expect(JSON.stringify(operated.findResources("AWS::SQS::QueuePolicy"))).toMatch(/FreightlinerJobsRole/);
  });
});
