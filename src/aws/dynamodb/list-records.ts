import * as z from "zod";
import { scanPages } from "../client/table-pages.ts";
import type { TableAccess } from "../client/table-pages.ts";

const Item = z.object({ pk: z.string(), record: z.unknown() });

/** The kind of the records, and their form. */
export interface ListedKind<Record> {
  readonly kind: string;
  readonly schema: z.ZodType<Record>;
  /** The key after which the list begins; undefined: at the beginning. */
  readonly after?: string | undefined;
}

/** All records of a kind with their keys, in no particular order. Scans the whole table: for the command, not for functions. */
export async function* listRecords<Record>(
  at: TableAccess,
  { kind, schema, after }: ListedKind<Record>,
  signal: AbortSignal,
): AsyncGenerator<{ readonly key: string; readonly record: Record }> {
  const input = {
    FilterExpression: "begins_with(pk, :kind) AND sk = :state",
    ExpressionAttributeValues: { ":kind": `${kind}#`, ":state": "STATE" },
    ...(after === undefined ? {} : { ExclusiveStartKey: { pk: `${kind}#${after}`, sk: "STATE" } }),
  };
  for await (const items of scanPages(at, input, signal)) {
    for (const item of items) {
      const { pk, record } = Item.parse(item);
      yield { key: pk.slice(kind.length + 1), record: z.decode(schema, record) };
    }
  }
}
