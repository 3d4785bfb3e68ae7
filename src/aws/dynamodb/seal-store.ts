import { GetCommand, PutCommand, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { UNSEALED, UNSEALED_INDEX } from "../../contract/stack/record-owners.ts";
import { Receipt } from "../../replication/outcome/receipt.ts";
import { ReceiptPlace, StoredHead } from "../../replication/proof/seal-store.ts";
import type { SealStore } from "../../replication/proof/seal-store.ts";
import { scanPages } from "../client/table-pages.ts";
import type { TableAccess } from "../client/table-pages.ts";
import { createTableUse, isWritten, usedPages } from "../client/table-use.ts";
import type { TableUse } from "../client/table-use.ts";
import { untilAborted } from "../client/until-aborted.ts";
import { TIP, envelopesKey, headKey, HEADS, partitionOf } from "./seal-keys.ts";

const Marked = ReceiptPlace.extend({ [UNSEALED]: z.string() });
const MarkedReceipt = z.object({ [UNSEALED]: z.string(), receipt: Receipt });

/** Chains in the partition of their destination, and the marks of receipts. */
export function createDynamoDbSealStore(at: TableAccess): SealStore {
  const use = createTableUse(at.table);
  return { ...createMarks(at, use), ...createChains(at, use) };
}

function createMarks(at: TableAccess, use: TableUse) {
  const { client, table } = at;
  return {
    async *unsealed(signal) {
      const pages = scanPages(at, { IndexName: UNSEALED_INDEX }, signal);
      for await (const items of usedPages(pages, (next) => use("unsealed receipts", signal, next))) {
        const byChain = Map.groupBy(
          items.map((item) => Marked.parse(item)),
          (each) => each[UNSEALED],
        );
        yield new Map([...byChain].map(([chain, marked]) => [chain, marked.map(({ pk, sk }) => ({ pk, sk }))]));
      }
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

function createChains({ client, table }: TableAccess, use: TableUse) {
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
