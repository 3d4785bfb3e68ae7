import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import { RECORDS_OF } from "../../src/contract/stack/record-owners.ts";

/**
 * Reading and writing of the records that a function owns, by their partition key (Amazon DynamoDB developer guide, "Using IAM policy conditions
 * for fine-grained access control"): one that is taken over cannot close a circuit that is not its own, or forget what was copied.
 */
export function allowRecords(user: IRole, table: TableV2, name: keyof typeof RECORDS_OF): void {
  user.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ["dynamodb:GetItem", "dynamodb:PutItem"],
      resources: [table.tableArn],
      conditions: {
        "ForAllValues:StringLike": { "dynamodb:LeadingKeys": RECORDS_OF[name].map((kind) => `${kind}#*`) },
      },
    }),
  );
}
