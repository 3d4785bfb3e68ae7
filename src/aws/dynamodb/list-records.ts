import * as z from "zod";
import { scanPages } from "../client/table-pages.ts";
import type { TableAccess } from "../client/table-pages.ts";

const Item = z.object({ pk: z.string(), record: z.unknown() });

/** All records of a kind with their keys, in no particular order. Scans the whole table: for the command, not for functions. */
export async function* listRecords<Record>(
  at: TableAccess,
  kind: string,
  schema: z.ZodType<Record>,
  signal: AbortSignal,
): AsyncGenerator<{ readonly key: string; readonly record: Record }> {
  const input = {
    FilterExpression: "begins_with(pk, :kind) AND sk = :state",
    ExpressionAttributeValues: { ":kind": `${kind}#`, ":state": "STATE" },
  };
  for await (const items of scanPages(at, input, signal)) {
    for (const item of items) {
      const { pk, record } = Item.parse(item);
      yield { key: pk.slice(kind.length + 1), record: z.decode(schema, record) };
    }
  }
}
