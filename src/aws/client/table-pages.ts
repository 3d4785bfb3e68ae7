import { QueryCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import type { DynamoDBDocumentClient, QueryCommandInput, ScanCommandInput } from "@aws-sdk/lib-dynamodb";
import { untilAborted } from "./until-aborted.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** A table, and how its API is reached. */
export interface TableAccess {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

/** All pages of a query, each with its items (DynamoDB developer guide, "Paginating table query results"). */
export function queryPages(
  { client, table }: TableAccess,
  input: Omit<QueryCommandInput, "TableName" | "ExclusiveStartKey">,
  signal: AbortSignal,
): AsyncGenerator<readonly Attributes[]> {
  return pages((ExclusiveStartKey) => {
    const command = new QueryCommand({ ...input, TableName: table, ExclusiveStartKey });
    return untilAborted(signal, (options) => client.send(command, options));
  });
}

/** All pages of a scan, of a table or an index, from a key on. It reads all items, whatever it returns. */
export function scanPages(
  { client, table }: TableAccess,
  { ExclusiveStartKey: first, ...input }: Omit<ScanCommandInput, "TableName">,
  signal: AbortSignal,
): AsyncGenerator<readonly Attributes[]> {
  return pages((ExclusiveStartKey) => {
    const command = new ScanCommand({ ...input, TableName: table, ExclusiveStartKey });
    return untilAborted(signal, (options) => client.send(command, options));
  }, first);
}

interface Page {
  readonly Items?: Record<string, unknown>[] | undefined;
  readonly LastEvaluatedKey?: Record<string, unknown> | undefined;
}

async function* pages(
  read: (from: Page["LastEvaluatedKey"]) => Promise<Page>,
  first?: Page["LastEvaluatedKey"],
): AsyncGenerator<readonly Attributes[]> {
  let from = first;
  do {
    const { Items = [], LastEvaluatedKey } = await read(from);
    yield Items;
    from = LastEvaluatedKey;
  } while (from !== undefined);
}
