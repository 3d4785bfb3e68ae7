import { GetCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { Envelope } from "../../replication/proof/envelope.ts";
import type { SealedReader } from "../../replication/proof/export-receipts.ts";
import { StoredHead } from "../../replication/proof/seal-store.ts";
import { untilAborted } from "../client/until-aborted.ts";
import { TIP, envelopesKey, HEADS, partitionOf } from "./seal-keys.ts";
import type { SealTable } from "./seal-store.ts";

/** Reads the chains for an export. For the command, not for functions. */
export function createSealedReader({ client, table }: SealTable, signal: AbortSignal): SealedReader {
  const get = async (Key: { readonly pk: string; readonly sk: string }) => {
    const command = new GetCommand({ TableName: table, Key, ConsistentRead: true });
    return (await untilAborted(signal, (options) => client.send(command, options))).Item;
  };
  return {
    async tip(chain) {
      const found = await get({ pk: partitionOf(chain), sk: TIP });
      return found === undefined ? undefined : Envelope.parse(found["tip"]);
    },
    async *heads(chain) {
      let ExclusiveStartKey: { [name: string]: unknown } | undefined;
      do {
        const command = new QueryCommand({
          TableName: table,
          KeyConditionExpression: "pk = :pk AND begins_with(sk, :head)",
          ExpressionAttributeValues: { ":pk": partitionOf(chain), ":head": HEADS },
          ConsistentRead: true,
          ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }),
        });
        const page = await untilAborted(signal, (options) => client.send(command, options));
        for (const item of page.Items ?? []) yield StoredHead.parse(item["head"]);
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey !== undefined);
    },
    async envelopes(name) {
      const found = await get(envelopesKey(name));
      return found === undefined ? undefined : z.array(Envelope).parse(found["envelopes"]);
    },
  };
}
