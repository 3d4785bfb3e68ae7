import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { EXAMPLE, synthesise } from "../infra/template.ts";

const Statements = z.array(z.object({ Action: z.unknown(), Resource: z.unknown(), Condition: z.unknown().optional() }));
const RECEIPTS = ["TAG#*", "EVENT#*", "MESSAGE#*"];

describe("T37: someone who changes receipts afterwards, in a stack that signs them", () => {
  const template = synthesise({ ...EXAMPLE, stack: { signReceipts: true } });
  const policies = Object.entries(template.findResources("AWS::IAM::Policy"));
  const statementsOf = (name: string) =>
    policies
      .filter(([id]) => id.toLowerCase().startsWith(`freightliner${name}role`))
      .flatMap(([, policy]) => Statements.parse(policy["Properties"].PolicyDocument.Statement));
  const actionsOn = (name: string, service: string): string[] =>
    statementsOf(name)
      .flatMap(({ Action }) => [Action].flat().map(String))
      .filter((action) => action.startsWith(service));

  it("has a key that signs, and that outlives the stack", () => {
    template.hasResource("AWS::KMS::Key", {
      Properties: { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" },
      DeletionPolicy: "Retain",
    });
  });

  it("lets only the seal function sign, and only with this key and algorithm", () => {
    expect(actionsOn("seal", "kms:")).toEqual(["kms:Sign"]);
    for (const other of ["fanout", "copy", "probe", "reconcile"]) expect(actionsOn(other, "kms:")).toEqual([]);
    const signing = statementsOf("seal").find(({ Action }) => Action === "kms:Sign");
    expect(signing).toMatchObject({
      Resource: { "Fn::GetAtt": [expect.stringContaining("ReceiptKey"), "Arn"] },
      Condition: { StringEquals: { "kms:SigningAlgorithm": "ECDSA_SHA_256" } },
    });
  });

  it("lets the seal function write chains, read receipts, and change nothing of a receipt but its mark", () => {
    const onTable = statementsOf("seal").filter(({ Action }) => JSON.stringify(Action).includes("dynamodb:"));
    const keys = (kinds: readonly string[]) => ({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": kinds } });
    expect(onTable.map(({ Action, Condition }) => [Action, Condition])).toEqual([
      [["dynamodb:GetItem", "dynamodb:PutItem"], keys(["SEAL#*"])],
      ["dynamodb:Query", keys(["SEAL#*"])],
      ["dynamodb:GetItem", keys(RECEIPTS)],
      [
        "dynamodb:UpdateItem",
        { ...keys(RECEIPTS), "ForAllValues:StringEquals": { "dynamodb:Attributes": ["pk", "sk", "unsealed"] } },
      ],
      ["dynamodb:Scan", undefined],
    ]);
    expect(JSON.stringify(onTable.at(-1)?.Resource)).toContain("/index/unsealed");
    for (const other of ["fanout", "copy", "probe", "reconcile"])
      expect(JSON.stringify(statementsOf(other))).not.toContain("SEAL#");
  });

  it("has an alarm for receipts that are not signed", () => {
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      AlarmName: Match.stringLikeRegexp("seal-errors"),
    });
  });
});

it("a stack that does not sign has no such function and no key, and a table that needs no change to begin", () => {
  const template = synthesise();
  template.resourceCountIs("AWS::KMS::Key", 0);
  template.hasResourceProperties("AWS::DynamoDB::GlobalTable", {
    GlobalSecondaryIndexes: [Match.objectLike({ IndexName: "unsealed", Projection: { ProjectionType: "KEYS_ONLY" } })],
  });
  expect(JSON.stringify(template.toJSON())).not.toContain("FREIGHTLINER_RECEIPT_KEY");
});
