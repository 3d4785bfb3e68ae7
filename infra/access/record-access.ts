import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import { ENDS_PUSHES, RECORDS_OF, RECORDS_READ_BY } from "../../src/contract/stack/record-owners.ts";

/** Pending pushes are queried by their destination, noted and deleted; other records are read and written one by one. */
function allowPendingPushes(role: IRole, table: TableV2): void {
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ["dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
      resources: [table.tableArn],
      conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["PENDING#*"] } },
    }),
  );
}

/** The undo of a deletion finds in the receipts of a tag what it named. */
function allowReceipts(role: IRole, table: TableV2): void {
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ["dynamodb:Query"],
      resources: [table.tableArn],
      conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["TAG#*"] } },
    }),
  );
}

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
  const read = RECORDS_READ_BY[name];
  if (read !== undefined) {
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ["dynamodb:GetItem"],
        resources: [table.tableArn],
        conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": read.map((kind) => `${kind}#*`) } },
      }),
    );
  }
  if (ENDS_PUSHES.includes(name)) allowPendingPushes(role, table);
  if (name === "reconcile") allowReceipts(role, table);
}
