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

  it("may read and write only their records, list all and remove those of some kinds, send to backfill queues only, and invoke what compares and inspects only", () => {
    const text = JSON.stringify(statementsOf("JobsRole"));
    const actions = [
      ...new Set(text.match(/"(?:lambda|sqs|dynamodb|scheduler|iam|ecr|kms|secretsmanager):(?!LeadingKeys)\w+"/g)),
    ];
    expect(actions.toSorted()).toEqual([
      '"dynamodb:DeleteItem"',
      '"dynamodb:GetItem"',
      '"dynamodb:PutItem"',
      '"dynamodb:Scan"',
      '"lambda:InvokeFunction"',
      '"sqs:SendMessage"',
    ]);
    expect(text).toMatch(/"JOBS#\*","RUNS#\*","CONFIGURATION#\*"/);
    expect(text).toMatch(
      /"dynamodb:DeleteItem","Condition":\{"ForAllValues:StringLike":\{"dynamodb:LeadingKeys":\["CIRCUIT#\*","RATE#\*","INTAKE#\*","RECONCILE#\*","DELETION#\*","RUNS#\*"\]/,
    );
    expect(text).toMatch(/FreightlinerReconcile/);
    expect(text).toMatch(/FreightlinerInspect/);
    expect(text).not.toMatch(/live/i);
  });

  it("plan and verify by a function that writes to no registry, to no record but its own, and sends to backfill queues only", () => {
    const text = JSON.stringify(statementsOf("InspectRole"));
    const actions = [
      ...new Set(text.match(/"(?:lambda|sqs|dynamodb|scheduler|iam|ecr|kms|secretsmanager):(?!LeadingKeys)\w+"/g)),
    ];
    expect(actions.toSorted()).toEqual(
      [
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "ecr:BatchGetImage",
        "ecr:DescribeImages",
        "ecr:DescribeRepositories",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
        "sqs:SendMessage",
      ].map((action) => `"${action}"`),
    );
    const records = [
      ...text.matchAll(
        /"Action":([^}]*?),"Condition":\{"ForAllValues:StringLike":\{"dynamodb:LeadingKeys":(\[[^\]]*\])/g,
      ),
    ];
    expect(records.map(([, action, keys]) => [action, keys])).toEqual([
      ['["dynamodb:GetItem","dynamodb:PutItem"]', '["INSPECTION#*","RATE#*","CONFIGURATION#*"]'],
      ['"dynamodb:GetItem"', '["TAG#*","DELETION#*","BACKFILL#*","JOBS#*"]'],
    ]);
    expect(text).not.toMatch(/live/i);
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      Name: "freightliner-inspect-eu-central-1",
      ScheduleExpression: "rate(1 minute)",
    });
    expect(Object.keys(template.findOutputs("*", {})).filter((name) => /inspect/i.test(name))).toHaveLength(1);
  });

  it("ask a destination that is an ECR registry for what they verify, and may not push there", () => {
    const ecr = { name: "mirror", kind: "ecr", account: "210987654321", region: "us-east-1", prefix: "m" };
    const into = synthesise({
      ...EXAMPLE,
      stack: { jobs: true },
      destinations: [...EXAMPLE.destinations, ecr],
      rules: [{ repositories: ["**"], destinations: ["europe", "mirror"] }],
    });
    const own = JSON.stringify(
      Object.entries(into.findResources("AWS::IAM::Policy")).filter(([name]) => name.startsWith("FreightlinerInspect")),
    );
    expect(own).toMatch(/"ecr:BatchCheckLayerAvailability".{0,400}:ecr:us-east-1:210987654321:repository\/m\/\*/);
    expect(own).not.toMatch(/"ecr:(?:Put|Upload|Initiate|Complete|Create|BatchDelete)/);
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
