import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { createDynamoDbRecordStore } from "../aws/dynamodb/record-store.ts";
import type { LastGoodDocument } from "../reload/external-document.ts";

/** An item of DynamoDB has at most 400 KB: a larger document is not stored, which each poll logs. */
const LastGoodRecord = z.object({ text: z.string(), label: z.string().optional() });

const KEY = "external";

/** The last good external document of a stack, in its state table. */
export function openLastGoodDocument(client: DynamoDBDocumentClient, table: string): LastGoodDocument {
  const store = createDynamoDbRecordStore({ client, table, kind: "CONFIGURATION", schema: LastGoodRecord });
  return {
    read: (signal) => store.read(KEY, signal),
    write: ({ text, label }, signal) =>
      store.update(
        KEY,
        // Each new container accepts the document again.
        (record) => (record?.text === text ? { answer: undefined } : { next: { text, label }, answer: undefined }),
        signal,
      ),
  };
}
