import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { GetCommand, PutCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { chainOf, Receipt } from "../../replication/outcome/receipt.ts";
import type { ReceiptOf, Receipts } from "../../replication/outcome/receipt.ts";
import { UNSEALED } from "../../contract/stack/record-owners.ts";
import { scanPages } from "../client/table-pages.ts";
import type { TableAccess } from "../client/table-pages.ts";
import { untilAborted } from "../client/until-aborted.ts";
import { StoreError } from "../../replication/state/record-store.ts";

export interface DynamoDbReceiptsOptions extends TableAccess {
  /** Seconds until DynamoDB may remove a receipt. */
  readonly keepSeconds: number;
}

/** Receipts in the partition of the tag, event or message that they are about: one item each, ordered by the time of the push. */
export function createDynamoDbReceipts({ client, table, keepSeconds }: DynamoDbReceiptsOptions): Receipts {
  return {
    async write(about, receipt, signal) {
      const expiresAt = Math.floor(receipt.endedAt / 1_000) + keepSeconds;
      // The mark costs no request: sealing is off the path of copies.
      const Item = { ...keyOf(about, receipt), receipt, expiresAt, [UNSEALED]: chainOf(receipt) };
      try {
        const command = new PutCommand({ TableName: table, Item, ConditionExpression: "attribute_not_exists(pk)" });
        await untilAborted(signal, (options) => client.send(command, options));
        return receipt;
      } catch (cause) {
        signal.throwIfAborted();
        const problem = `the receipt of ${partitionOf(about)} cannot be written to table ${table}`;
        if (!(cause instanceof ConditionalCheckFailedException)) throw new StoreError(problem, { cause });
        const Key = keyOf(about, receipt);
        const command = new GetCommand({ TableName: table, Key, ConsistentRead: true });
        try {
          const { Item: kept } = await untilAborted(signal, (options) => client.send(command, options));
          return Receipt.parse(kept?.["receipt"]);
        } catch (cause) {
          signal.throwIfAborted();
          throw new StoreError(problem, { cause });
        }
      }
    },
  };
}

/** The newest receipts of a tag, newest first. */
export async function readReceipts(
  { client, table }: TableAccess,
  record: string,
  most: number,
  signal: AbortSignal,
): Promise<Receipt[]> {
  const command = new QueryCommand({
    TableName: table,
    KeyConditionExpression: "pk = :pk AND begins_with(sk, :receipt)",
    ExpressionAttributeValues: { ":pk": partitionOf({ kind: "tag", key: record }), ":receipt": "RECEIPT#" },
    ScanIndexForward: false,
    Limit: most,
  });
  const { Items = [] } = await untilAborted(signal, (options) => client.send(command, options));
  return Items.map((item) => Receipt.parse(item["receipt"]));
}

/** All receipts of accepted pushes, in no particular order. Scans the whole table: for the command, not for functions. */
export async function* listAcceptedReceipts(at: TableAccess, signal: AbortSignal): AsyncGenerator<Receipt> {
  const input = {
    FilterExpression: "begins_with(sk, :receipt) AND attribute_exists(receipt.acceptedAt)",
    ExpressionAttributeValues: { ":receipt": "RECEIPT#" },
  };
  for await (const items of scanPages(at, input, signal)) {
    for (const item of items) yield Receipt.parse(item["receipt"]);
  }
}

/** All receipts of requests that ended at a time or after it, in no particular order; epoch milliseconds. Scans the whole table. */
export async function* listEndedReceipts(at: TableAccess, from: number, signal: AbortSignal): AsyncGenerator<Receipt> {
  const input = {
    FilterExpression: "begins_with(sk, :receipt) AND receipt.endedAt >= :from",
    ExpressionAttributeValues: { ":receipt": "RECEIPT#", ":from": from },
  };
  for await (const items of scanPages(at, input, signal)) {
    for (const item of items) yield Receipt.parse(item["receipt"]);
  }
}

function keyOf(about: ReceiptOf, { pushedAt, id }: Receipt): { pk: string; sk: string } {
  const pushed = pushedAt === undefined ? "" : new Date(pushedAt).toISOString();
  return { pk: partitionOf(about), sk: `RECEIPT#${pushed}#${id}` };
}

function partitionOf(about: ReceiptOf): string {
  switch (about.kind) {
    case "tag":
      return `TAG#${about.key}`;
    case "event":
      return `EVENT#${about.id}`;
    case "message":
      return `MESSAGE#${about.id}`;
  }
}
