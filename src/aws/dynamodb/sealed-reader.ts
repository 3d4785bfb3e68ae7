import { GetCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { Envelope } from "../../replication/proof/envelope.ts";
import type { SealedReader } from "../../replication/proof/export-receipts.ts";
import { StoredHead } from "../../replication/proof/seal-store.ts";
import { queryPages } from "../client/table-pages.ts";
import type { TableAccess } from "../client/table-pages.ts";
import { untilAborted } from "../client/until-aborted.ts";
import { TIP, envelopesKey, headKey, MOST_HEADS, partitionOf } from "./seal-keys.ts";

/** Reads the chains for an export. */
export function createSealedReader(at: TableAccess, signal: AbortSignal): SealedReader {
  const { client, table } = at;
  const get = async (Key: { readonly pk: string; readonly sk: string }) => {
    const command = new GetCommand({ TableName: table, Key, ConsistentRead: true });
    return (await untilAborted(signal, (options) => client.send(command, options))).Item;
  };
  return {
    async tip(chain) {
      const found = await get({ pk: partitionOf(chain), sk: TIP });
      return found === undefined ? undefined : Envelope.parse(found["tip"]);
    },
    async *heads(chain, after) {
      const input = {
        KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :last",
        ExpressionAttributeValues: {
          ":pk": partitionOf(chain),
          ":from": headKey(chain, after + 1).sk,
          ":last": headKey(chain, MOST_HEADS).sk,
        },
        ConsistentRead: true,
      };
      for await (const items of queryPages(at, input, signal)) {
        for (const item of items) yield StoredHead.parse(item["head"]);
      }
    },
    async envelopes(name) {
      const found = await get(envelopesKey(name));
      return found === undefined ? undefined : z.array(Envelope).parse(found["envelopes"]);
    },
  };
}
