import { Aws, Validations } from "aws-cdk-lib";
import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { CANARY_TAG } from "../../src/contract/stack/limits.ts";
import { allowRecords } from "./record-access.ts";

/** What pushing an image needs (ECR user guide, "IAM permissions for pushing an image"), and deleting the one before it. */
const PUSH_AND_DELETE = [
  "ecr:BatchCheckLayerAvailability",
  "ecr:BatchDeleteImage",
  "ecr:BatchGetImage",
  "ecr:CompleteLayerUpload",
  "ecr:InitiateLayerUpload",
  "ecr:PutImage",
  "ecr:UploadLayerPart",
];

/**
 * Allows the canary function to push to one repository of the source and to delete its images, to read the receipts of the canary's tag
 * alone, and to keep a record. It is the only function that writes to the source.
 */
export function allowCanary(role: IRole, table: TableV2, { source, stack: { canary } }: Configuration): void {
  if (canary === undefined) return;
  const repository = `arn:${Aws.PARTITION}:ecr:${source.region}:${source.account}:repository/${canary.repository}`;
  const statements = [
    { actions: PUSH_AND_DELETE, resources: [repository] },
    { actions: ["ecr:GetAuthorizationToken"], resources: ["*"] },
    {
      actions: ["dynamodb:Query"],
      resources: [table.tableArn],
      // The name of a repository at a destination depends on the rule.
      conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [`TAG#*:${CANARY_TAG}`] } },
    },
  ];
  allowRecords(role, table, "canary");
  for (const statement of statements) role.addToPrincipalPolicy(new PolicyStatement(statement));
  Validations.of(role).acknowledge({
    id: "AwsSolutions-IAM5[Resource::*]",
    reason: "ecr:GetAuthorizationToken supports no resources; all other statements of this policy name theirs.",
  });
}
