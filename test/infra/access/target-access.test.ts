import { describe, expect, it } from "vitest";
import { EXAMPLE, synthesise } from "../template.ts";

const BELOW = "ecr:us-east-1:210987654321:repository/mirror/*";

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** What a role may do in the registry of the destination. */
function actionsOf(role: string, createRepositories: boolean): string[] {
  const place = { kind: "ecr", account: "210987654321", region: "us-east-1", createRepositories };
  const template = synthesise({
    ...EXAMPLE,
    destinations: [{ name: "back", prefix: "mirror", ...place }],
    rules: [{ repositories: ["prod/**"], destinations: ["back"] }],
  });
  const own = Object.entries(template.findResources("AWS::IAM::Policy")).filter(([id]) =>
    id.startsWith(`Freightliner${role}Role`),
  );
  return own
    .flatMap(([, policy]): readonly Statement[] => policy["Properties"].PolicyDocument.Statement)
    .filter(({ Resource }) => JSON.stringify(Resource).includes(BELOW))
    .flatMap(({ Action }) => Action)
    .toSorted();
}

describe("an ECR destination", () => {
  it("may be pushed to below its prefix by the roles that copy, and repositories are created only where configured", () => {
    const pushes = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:ListImages",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ];
    expect(actionsOf("Copy", false)).toEqual(pushes);
    expect(actionsOf("LongLane", true)).toEqual([...pushes, "ecr:CreateRepository"].toSorted());
  });

  it("may be read by comparisons, and asked for an upload by probes", () => {
    expect(actionsOf("Reconcile", true)).toEqual(["ecr:BatchGetImage", "ecr:ListImages"]);
    expect(actionsOf("Probe", true)).toEqual(["ecr:InitiateLayerUpload"]);
    expect(actionsOf("FanOut", true)).toEqual([]);
  });
});
