import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import type { RecordKind } from "../../contract/stack/record-owners.ts";
import { untilAborted } from "../client/until-aborted.ts";
import { StoreError } from "../../replication/state/record-store.ts";
import type { RecordStore } from "../../replication/state/record-store.ts";

export interface DynamoDbRecordStoreOptions<Record> {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  /** The kind of these records, and the first part of their keys. */
  readonly kind: RecordKind;
  /** Decodes what is stored and encodes what is written. An item that does not match it is an error, not an absent record. */
  readonly schema: z.ZodType<Record>;
  /** Seconds after the last change when DynamoDB may remove the item; undefined: it stays for good. */
  readonly keepSeconds?: number;
}

/** An item as stored: the record, and what the compare-and-set compares. */
const Item = z.object({ version: z.int(), writeId: z.string(), record: z.unknown() });

/** An item as this code handles it: its record is parsed. */
interface StoredItem<Record> {
  readonly version: number;
  /** Unique to the write: two writers may put the same version. */
  readonly writeId: string;
  readonly record: Record;
}

/** Conflicts after which an update fails. Each conflict means that another writer succeeded. */
const MAX_CONFLICTS = 30;

/**
 * Records in DynamoDB, one item each, changed by conditional puts on a version. Every read is strongly consistent. When the
 * answer to a put is lost and the SDK retries it, the condition fails: the item's `writeId` then shows whose write it was.
 */
export function createDynamoDbRecordStore<Record>(options: DynamoDbRecordStoreOptions<Record>): RecordStore<Record> {
  const { table, kind } = options;
  const items = createItems(options);

  /** Runs `work` on the table. @throws {StoreError} for what it throws, unless the signal is aborted. */
  async function use<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof StoreError) throw cause;
      const problem = `table ${table} cannot be used for ${kind} ${key}; check the table and the function's role`;
      throw new StoreError(problem, { cause });
    }
  }

  return {
    read: (key, signal) => use(key, signal, async () => (await items.read(key, signal))?.record),
    update: (key, change, signal) =>
      use(key, signal, async () => {
        for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
          const known = await items.read(key, signal);
          const { next, answer } = change(known?.record);
          if (next === undefined) return answer;
          const item = { version: (known?.version ?? 0) + 1, writeId: randomUUID(), record: next };
          if (await items.write(key, item, signal)) return answer;
          await sleep(Math.random() * 10 * 2 ** Math.min(conflicts, 5), undefined, { signal });
        }
        throw new StoreError(
          `${kind} ${key} in table ${table} changed ${MAX_CONFLICTS} times while it was being changed`,
        );
      }),
  };
}

/** The items of one kind. Errors of the SDK and of the schema pass through. */
function createItems<Record>({ client, table, kind, schema, keepSeconds }: DynamoDbRecordStoreOptions<Record>) {
  async function read(key: string, signal: AbortSignal): Promise<StoredItem<Record> | undefined> {
    const command = new GetCommand({ TableName: table, Key: keyOf(kind, key), ConsistentRead: true });
    const found = await untilAborted(signal, (options) => client.send(command, options));
    if (found.Item === undefined) return undefined;
    const { version, writeId, record } = Item.parse(found.Item);
    return { version, writeId, record: z.decode(schema, record) };
  }

  /** False when another writer was first. */
  async function write(
    key: string,
    { version, writeId, record }: StoredItem<Record>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const item = { ...keyOf(kind, key), version, writeId, record: z.encode(schema, record), ...expiry(keepSeconds) };
    try {
      const command = new PutCommand({ TableName: table, Item: item, ...after(version - 1) });
      await untilAborted(signal, (options) => client.send(command, options));
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return (await read(key, signal))?.writeId === writeId;
    }
  }

  return { read, write };
}

/** The condition of a write: the item still has this version; for version 0, it does not exist. */
function after(version: number) {
  if (version === 0) return { ConditionExpression: "attribute_not_exists(pk)" };
  return {
    ConditionExpression: "#version = :before",
    ExpressionAttributeNames: { "#version": "version" },
    ExpressionAttributeValues: { ":before": version },
  };
}

function keyOf(kind: string, key: string): { pk: string; sk: string } {
  return { pk: `${kind}#${key}`, sk: "STATE" };
}

/** The table's TTL attribute, in epoch seconds. It only saves storage: nothing depends on an item being gone. */
function expiry(keepSeconds: number | undefined): { expiresAt?: number } {
  return keepSeconds === undefined ? {} : { expiresAt: Math.floor(Date.now() / 1_000) + keepSeconds };
}
