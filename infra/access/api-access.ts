import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { RecordKind } from "../../src/contract/stack/record-owners.ts";
import type { ApiAddress } from "../../src/contract/stack/environment.ts";
import type { DescribedQueue } from "../storage/copy-queues.ts";

export interface ApiAccess {
  readonly role: ApiAddress["role"];
  readonly queues: readonly DescribedQueue[];
  readonly deadLetters: Queue;
  readonly table: TableV2;
  /** The functions that check what their roles may do at the registries. */
  readonly checked: readonly IFunction[];
  /** The key that signs receipts, if they are signed. */
  readonly receiptKey: IKey | undefined;
}

/** Records that operators change: pauses of destinations and of repositories, and cancellations of copies. */
const WRITTEN: readonly RecordKind[] = ["INTAKE", "PAUSE", "TAG"];

/**
 * Allows an API to read every record, the depth of every queue and the public key of receipts, and to look at dead letters, which hides them from others for a moment.
 * Only the operators' API may move them back to the backfill queues, ask for a pause of a destination or repository, cancel a copy, and have
 * functions check what they may do.
 */
export function allowApi(to: IRole, { role, queues, deadLetters, table, checked, receiptKey }: ApiAccess): void {
  const all = queues.map(({ queue }) => queue.queueArn);
  const backfill = queues.filter(({ priority }) => priority === "backfill").map(({ queue }) => queue.queueArn);
  const statements = [
    { actions: ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"], resources: [table.tableArn] },
    { actions: ["sqs:GetQueueAttributes"], resources: [...all, deadLetters.queueArn] },
    { actions: ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility"], resources: [deadLetters.queueArn] },
    ...(receiptKey === undefined ? [] : [{ actions: ["kms:GetPublicKey"], resources: [receiptKey.keyArn] }]),
    ...(role === "operator"
      ? [
          { actions: ["sqs:DeleteMessage"], resources: [deadLetters.queueArn] },
          { actions: ["sqs:SendMessage"], resources: backfill },
          { actions: ["lambda:InvokeFunction"], resources: checked.map(({ functionArn }) => functionArn) },
          {
            actions: ["dynamodb:PutItem"],
            resources: [table.tableArn],
            conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": WRITTEN.map((kind) => `${kind}#*`) } },
          },
        ]
      : []),
  ];
  for (const statement of statements) to.addToPrincipalPolicy(new PolicyStatement(statement));
}
