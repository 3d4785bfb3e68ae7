import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { PRUNED_KINDS } from "../../replication/prune/unused-record.ts";
import type { PrunableRecords } from "../../replication/prune/prune-records.ts";
import { StoreError } from "../../replication/state/record-store.ts";
import { scanPages } from "../client/table-pages.ts";
import type { TableAccess } from "../client/table-pages.ts";
import { untilAborted } from "../client/until-aborted.ts";

const Item = z.object({ pk: z.string(), version: z.int(), record: z.unknown() });

const NAMES = PRUNED_KINDS.map((_kind, index) => `:kind${index}`);
const OF_THESE_KINDS = {
  FilterExpression: `sk = :state AND (${NAMES.map((name) => `begins_with(pk, ${name})`).join(" OR ")})`,
  ExpressionAttributeValues: {
    ":state": "STATE",
    ...Object.fromEntries(PRUNED_KINDS.map((kind, index) => [`:kind${index}`, `${kind}#`])),
  },
};

/** The records of the table that may be without a use. The list scans the whole table; a removal is conditional on the version. */
export function createPrunableRecords(at: TableAccess): PrunableRecords {
  const { client, table } = at;

  async function use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof StoreError) throw cause;
      throw new StoreError(`records of table ${table} cannot be pruned; check the table and the function's role`, {
        cause,
      });
    }
  }

  return {
    async *list(signal) {
      const pages = scanPages(at, OF_THESE_KINDS, signal);
      for (;;) {
        const page = await use(signal, () => pages.next());
        if (page.done === true) return;
        for (const item of page.value) {
          const { pk, version, record } = Item.parse(item);
          const kind = PRUNED_KINDS.find((each) => pk.startsWith(`${each}#`));
          if (kind !== undefined) yield { kind, key: pk.slice(kind.length + 1), version, record };
        }
      }
    },
    remove: ({ kind, key, version }, signal) =>
      use(signal, async () => {
        const command = new DeleteCommand({
          TableName: table,
          Key: { pk: `${kind}#${key}`, sk: "STATE" },
          ConditionExpression: "#version = :version",
          ExpressionAttributeNames: { "#version": "version" },
          ExpressionAttributeValues: { ":version": version },
        });
        try {
          await untilAborted(signal, (options) => client.send(command, options));
          return true;
        } catch (error) {
          if (error instanceof ConditionalCheckFailedException) return false;
          throw error;
        }
      }),
  };
}
