import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, Billing, ProjectionType, TableEncryptionV2, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { UNSEALED, UNSEALED_INDEX } from "../../src/contract/stack/record-owners.ts";
import type { Settings } from "../settings/settings.ts";

/** The state table: on demand, with point-in-time recovery, and by default retained when the stack is removed. */
export function createStateTable(
  scope: Construct,
  { encryptionKey, tableRemovalPolicy }: Pick<Settings, "encryptionKey" | "tableRemovalPolicy">,
): TableV2 {
  return new TableV2(scope, "State", {
    partitionKey: { name: "pk", type: AttributeType.STRING },
    sortKey: { name: "sk", type: AttributeType.STRING },
    // Only receipts that wait to be sealed have the attribute. Each costs one more write, when it is written and when it is sealed.
    globalSecondaryIndexes: [
      {
        indexName: UNSEALED_INDEX,
        partitionKey: { name: UNSEALED, type: AttributeType.STRING },
        projectionType: ProjectionType.KEYS_ONLY,
      },
    ],
    billing: Billing.onDemand(),
    timeToLiveAttribute: "expiresAt",
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: tableRemovalPolicy === RemovalPolicy.RETAIN,
    removalPolicy: tableRemovalPolicy,
    ...(encryptionKey === undefined ? {} : { encryption: TableEncryptionV2.customerManagedKey(encryptionKey) }),
  });
}
