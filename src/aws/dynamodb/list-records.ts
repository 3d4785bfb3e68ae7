import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { untilAborted } from "../client/until-aborted.ts";

const Item = z.object({ pk: z.string(), record: z.unknown() });

/** All records of a kind with their keys, in no particular order. Scans the whole table: for the command, not for functions. */
export async function* listRecords<Record>(
  { client, table }: { readonly client: DynamoDBDocumentClient; readonly table: string },
  kind: string,
  schema: z.ZodType<Record>,
  signal: AbortSignal,
): AsyncGenerator<{ readonly key: string; readonly record: Record }> {
  let ExclusiveStartKey: { [name: string]: unknown } | undefined;
  do {
    const command = new ScanCommand({
      TableName: table,
      FilterExpression: "begins_with(pk, :kind) AND sk = :state",
      ExpressionAttributeValues: { ":kind": `${kind}#`, ":state": "STATE" },
      ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }),
    });
    const page = await untilAborted(signal, (options) => client.send(command, options));
    for (const item of page.Items ?? []) {
      const { pk, record } = Item.parse(item);
      yield { key: pk.slice(kind.length + 1), record: z.decode(schema, record) };
    }
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
}
