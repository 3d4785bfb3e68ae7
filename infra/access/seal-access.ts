import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { RECEIPT_OWNERS, RECORDS_OF, UNSEALED, UNSEALED_INDEX } from "../../src/contract/stack/record-owners.ts";
import { allowRecords } from "./record-access.ts";

/**
 * Allows the seal function to read receipts and to remove their mark, and nothing else of the records of tags: not to change or add a
 * receipt. It alone may write chains and sign.
 */
export function allowSealing(role: IRole, table: TableV2, key: IKey): void {
  const partitions = (kinds: readonly string[]) => ({
    "ForAllValues:StringLike": { "dynamodb:LeadingKeys": kinds.map((kind) => `${kind}#*`) },
  });
  const statements = [
    { actions: ["dynamodb:Query"], resources: [table.tableArn], conditions: partitions(RECORDS_OF.seal) },
    { actions: ["dynamodb:GetItem"], resources: [table.tableArn], conditions: partitions(RECEIPT_OWNERS) },
    {
      actions: ["dynamodb:UpdateItem"],
      resources: [table.tableArn],
      conditions: {
        "ForAllValues:StringLike": partitions(RECEIPT_OWNERS)["ForAllValues:StringLike"],
        "ForAllValues:StringEquals": { "dynamodb:Attributes": ["pk", "sk", UNSEALED] },
      },
    },
    { actions: ["dynamodb:Scan"], resources: [`${table.tableArn}/index/${UNSEALED_INDEX}`] },
    {
      actions: ["kms:Sign"],
      resources: [key.keyArn],
      conditions: { StringEquals: { "kms:SigningAlgorithm": "ECDSA_SHA_256" } },
    },
  ];
  allowRecords(role, table, "seal");
  for (const statement of statements) role.addToPrincipalPolicy(new PolicyStatement(statement));
}
