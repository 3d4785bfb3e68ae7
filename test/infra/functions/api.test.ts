import { Role } from "aws-cdk-lib/aws-iam";
import { App, Stack } from "aws-cdk-lib";
import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { EXAMPLE, synthesise } from "../template.ts";

const ORIGIN = "https://console.example";
const template = synthesise({ ...EXAMPLE, stack: { api: { origins: [ORIGIN] } } });

/** What the role of a function may do, as `service:Action`. */
function actionsOf(id: string): string[] {
  const policies = Object.entries(template.findResources("AWS::IAM::Policy"));
  const own = policies.filter(([name]) => name.startsWith(`Freightliner${id}Role`));
  const all =
    JSON.stringify(own).match(/"(?:lambda|secretsmanager|ecr|sqs|dynamodb|kms|appconfig):(?!LeadingKeys)\w+"/g) ?? [];
  return [...new Set(all.map((text) => JSON.parse(text) as string))].toSorted();
}

const READS = [
  "appconfig:GetLatestConfiguration",
  "appconfig:StartConfigurationSession",
  "dynamodb:GetItem",
  "dynamodb:Query",
  "dynamodb:Scan",
  "sqs:ChangeMessageVisibility",
  "sqs:GetQueueAttributes",
  "sqs:ReceiveMessage",
];

describe("the HTTP API of a stack", () => {
  it("does not exist unless it is asked for", () => {
    synthesise().resourceCountIs("AWS::Lambda::Url", 0);
    template.resourceCountIs("AWS::Lambda::Url", 2);
    template.resourcePropertiesCountIs("AWS::Lambda::Url", { AuthType: "AWS_IAM" }, 2);
    for (const output of ["ViewerApiUrl", "OperatorApiUrl"]) template.hasOutput(output, {});
  });

  it("can change nothing at the address for viewers, and at the one for operators only pause destinations, move dead letters back and have functions check their access", () => {
    expect(actionsOf("ViewerApi")).toEqual(READS);
    expect(actionsOf("Api")).toEqual(
      [...READS, "dynamodb:PutItem", "lambda:InvokeFunction", "sqs:DeleteMessage", "sqs:SendMessage"].toSorted(),
    );
  });

  it("is used by whom one of two policies is attached to, each for one address", () => {
    for (const id of ["viewers", "operators"]) {
      template.hasResourceProperties("AWS::IAM::ManagedPolicy", {
        ManagedPolicyName: `freightliner-${id}-eu-central-1`,
        PolicyDocument: {
          Statement: [
            Match.objectLike({
              Action: "lambda:InvokeFunctionUrl",
              Condition: { StringEquals: { "lambda:FunctionUrlAuthType": "AWS_IAM" } },
            }),
            Match.objectLike({
              Action: "lambda:InvokeFunction",
              Condition: { Bool: { "lambda:InvokedViaFunctionUrl": "true" } },
            }),
          ],
        },
      });
    }
  });

  it("knows whom it is for, and which pages may use it", () => {
    for (const role of ["viewer", "operator"]) {
      template.hasResourceProperties("AWS::Lambda::Function", {
        Environment: {
          Variables: Match.objectLike({ FREIGHTLINER_API: JSON.stringify({ role, origins: [ORIGIN] }) }),
        },
      });
    }
  });

  it("reads dead letters also where operators are named, and only the operators' one may delete them", () => {
    const operator = Role.fromRoleArn(new Stack(new App(), "roles"), "Operator", "arn:aws:iam::123456789012:role/ops");
    const operated = synthesise({ ...EXAMPLE, stack: { api: {} } }, { operators: [operator] });
    const text = JSON.stringify(operated.findResources("AWS::SQS::QueuePolicy"));
    const denied = (action: string): string =>
      text.split('"Action":').find((part) => part.startsWith(action) && part.includes("role/ops")) ?? "";
    expect(denied('"sqs:ReceiveMessage"')).toMatch(/FreightlinerViewerApiRole/);
    expect(denied('["sqs:DeleteMessage","sqs:PurgeQueue"]')).toMatch(/FreightlinerApiRole/);
    expect(denied('["sqs:DeleteMessage","sqs:PurgeQueue"]')).not.toMatch(/FreightlinerViewerApiRole/);
  });

  it("changes jobs at the address for operators only, where the stack has them", () => {
    const both = synthesise({ ...EXAMPLE, stack: { api: {}, jobs: true } });
    const policies = Object.entries(both.findResources("AWS::IAM::Policy"));
    const of = (id: string): string =>
      JSON.stringify(policies.filter(([name]) => name.startsWith(`Freightliner${id}Role`)));
    expect(of("Api")).toMatch(/scheduler:UpdateSchedule.*iam:PassedToService.*JOBS#/);
    expect(of("ViewerApi")).not.toMatch(/scheduler:|iam:PassRole|PutItem|lambda:Invoke/);
  });

  it("reads the public key of receipts at both addresses, where the stack signs them, and signs nothing", () => {
    const signing = synthesise({ ...EXAMPLE, stack: { api: {}, signReceipts: true } });
    const policies = Object.entries(signing.findResources("AWS::IAM::Policy"));
    for (const id of ["Api", "ViewerApi"]) {
      const own = JSON.stringify(policies.filter(([name]) => name.startsWith(`Freightliner${id}Role`)));
      expect(own.match(/"kms:\w+"/g)).toEqual(['"kms:GetPublicKey"']);
    }
    signing.resourcePropertiesCountIs(
      "AWS::Lambda::Function",
      { Environment: { Variables: Match.objectLike({ FREIGHTLINER_RECEIPT_KEY: Match.anyValue() }) } },
      3,
    );
  });

  it("refuses an origin that is no https origin", () => {
    expect(() => synthesise({ ...EXAMPLE, stack: { api: { origins: ["*"] } } })).toThrow(/origins/);
  });
});
