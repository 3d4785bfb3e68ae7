import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { GetCommand, PutCommand, QueryCommand, ScanCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { UNSEALED, UNSEALED_INDEX } from "../../contract/stack/record-owners.ts";
import { Receipt } from "../../replication/outcome/receipt.ts";
import { ReceiptPlace, StoredHead } from "../../replication/proof/seal-store.ts";
import type { SealStore } from "../../replication/proof/seal-store.ts";
import { StoreError } from "../../replication/state/record-store.ts";
import { untilAborted } from "../client/until-aborted.ts";
import { TIP, envelopesKey, headKey, HEADS, partitionOf } from "./seal-keys.ts";

export interface SealTable {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

const Marked = ReceiptPlace.extend({ [UNSEALED]: z.string() });
const MarkedReceipt = z.object({ [UNSEALED]: z.string(), receipt: Receipt });

/** Chains in the partition of their destination, and the marks of receipts. */
export function createDynamoDbSealStore(at: SealTable): SealStore {
  const use = createUse(at);
  return { ...createMarks(at, use), ...createChains(at, use) };
}

/** Runs `work` on the table. @throws {StoreError} for what it throws, unless the signal is aborted. */
type Use = <T>(what: string, signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

function createUse({ table }: SealTable): Use {
  return async (what, signal, work) => {
    try {
      return await work();
    } catch (cause) {
      signal.throwIfAborted();
      throw new StoreError(`table ${table} cannot be used for ${what}; check the table and the function's role`, {
        cause,
      });
    }
  };
}

/** False when the condition of a write does not hold. */
async function isWritten(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

function createMarks({ client, table }: SealTable, use: Use) {
  return {
    async *unsealed(signal) {
      let ExclusiveStartKey: { [name: string]: unknown } | undefined;
      do {
        const from = ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey };
        const command = new ScanCommand({ TableName: table, IndexName: UNSEALED_INDEX, ...from });
        const page = await use("unsealed receipts", signal, () =>
          untilAborted(signal, (options) => client.send(command, options)),
        );
        const marked = (page.Items ?? []).map((item) => Marked.parse(item));
        const byChain = Map.groupBy(marked, (each) => each[UNSEALED]);
        yield new Map([...byChain].map(([chain, items]) => [chain, items.map(({ pk, sk }) => ({ pk, sk }))]));
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey !== undefined);
    },
    readUnsealed: (Key, signal) =>
      use(Key.pk, signal, async () => {
        const command = new GetCommand({ TableName: table, Key, ConsistentRead: true });
        const { Item } = await untilAborted(signal, (options) => client.send(command, options));
        // Without a mark, the receipt is sealed; without an item, its retention has ended.
        return Item?.[UNSEALED] === undefined ? undefined : MarkedReceipt.parse(Item).receipt;
      }),
    removeMark: (Key, signal) =>
      use(Key.pk, signal, async () => {
        const command = new UpdateCommand({
          TableName: table,
          Key,
          UpdateExpression: "REMOVE #mark",
          // A receipt whose retention has ended must not come back as an empty item.
          ConditionExpression: "attribute_exists(#mark)",
          ExpressionAttributeNames: { "#mark": UNSEALED },
        });
        await isWritten(() => untilAborted(signal, (options) => client.send(command, options)));
      }),
  } satisfies Partial<SealStore>;
}

function createChains({ client, table }: SealTable, use: Use) {
  const put = (Item: Record<string, unknown>, signal: AbortSignal) => {
    const command = new PutCommand({ TableName: table, Item });
    return use(String(Item["pk"]), signal, () => untilAborted(signal, (options) => client.send(command, options)));
  };
  return {
    lastHead: (chain, signal) =>
      use(partitionOf(chain), signal, async () => {
        const command = new QueryCommand({
          TableName: table,
          KeyConditionExpression: "pk = :pk AND begins_with(sk, :head)",
          ExpressionAttributeValues: { ":pk": partitionOf(chain), ":head": HEADS },
          ScanIndexForward: false,
          Limit: 1,
          ConsistentRead: true,
        });
        const { Items = [] } = await untilAborted(signal, (options) => client.send(command, options));
        return Items[0] === undefined ? undefined : StoredHead.parse(Items[0]["head"]);
      }),
    async putEnvelopes(name, envelopes, keptUntil, signal) {
      await put({ ...envelopesKey(name), envelopes, expiresAt: Math.ceil(keptUntil / 1_000) }, signal);
    },
    putHead: (chain, head, signal) =>
      use(partitionOf(chain), signal, async () => {
        const Item = { ...headKey(chain, head.number), head };
        const command = new PutCommand({ TableName: table, Item, ConditionExpression: "attribute_not_exists(pk)" });
        const write = () => untilAborted(signal, (options) => client.send(command, options));
        return (await isWritten(write)) ? "written" : "taken";
      }),
    async putTip(chain, tip, signal) {
      await put({ pk: partitionOf(chain), sk: TIP, tip }, signal);
    },
  } satisfies Partial<SealStore>;
}
