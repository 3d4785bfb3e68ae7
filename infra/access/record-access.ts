import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import { RECORDS_OF } from "../../src/contract/stack/record-owners.ts";

/**
 * Allows a function to read and write only its own kinds of records, by their partition keys (Amazon DynamoDB developer guide, "Using IAM
 * policy conditions for fine-grained access control"): a compromised function cannot, for example, change records of other functions.
 */
export function allowRecords(role: IRole, table: TableV2, name: keyof typeof RECORDS_OF): void {
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ["dynamodb:GetItem", "dynamodb:PutItem"],
      resources: [table.tableArn],
      conditions: {
        "ForAllValues:StringLike": { "dynamodb:LeadingKeys": RECORDS_OF[name].map((kind) => `${kind}#*`) },
      },
    }),
  );
}
