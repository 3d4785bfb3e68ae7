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
  /** First part of every key: what kind of records these are. */
  readonly kind: RecordKind;
  /** Reads a record back; an item outside of it is an error, not an absence. */
  readonly schema: z.ZodType<Record>;
  /** Seconds after the last change when DynamoDB may remove the item; never without it. */
  readonly keepSeconds?: number;
}

/** An item as stored: the record, and what the compare-and-set needs. */
const Item = z.object({ version: z.int(), writeId: z.string(), record: z.unknown() });

/** A record with what the compare-and-set needs. */
interface Written<Record> {
  readonly version: number;
  /** Unique to the write: tells it from that of another with the same version. */
  readonly writeId: string;
  readonly record: Record;
}

/** Conflicts after which a record is too contended to go on; each means that somebody else made progress. */
const MAX_CONFLICTS = 30;

/**
 * Records in DynamoDB, one item each, changed by conditional puts on a version. Read consistently. A write whose answer
 * was lost is recognised by its own id when it is met again.
 */
export function createDynamoDbRecordStore<Record>(options: DynamoDbRecordStoreOptions<Record>): RecordStore<Record> {
  const { client, table, kind, schema } = options;

  async function read(key: string, signal: AbortSignal): Promise<Written<Record> | undefined> {
    const command = new GetCommand({ TableName: table, Key: keyOf(kind, key), ConsistentRead: true });
    const found = await untilAborted(signal, (options) => client.send(command, options));
    if (found.Item === undefined) return undefined;
    const { version, writeId, record } = Item.parse(found.Item);
    return { version, writeId, record: schema.parse(record) };
  }

  async function write(
    key: string,
    { version, writeId, record }: Written<Record>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const item = { ...keyOf(kind, key), version, writeId, record, ...expiry(options.keepSeconds) };
    try {
      const command = new PutCommand({ TableName: table, Item: item, ...after(version - 1) });
      await untilAborted(signal, (options) => client.send(command, options));
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return (await read(key, signal))?.writeId === writeId;
    }
  }

  return {
    async update(key, change, signal) {
      try {
        for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
          const known = await read(key, signal);
          const { next, answer } = change(known?.record);
          if (next === undefined) return answer;
          const item = { version: (known?.version ?? 0) + 1, writeId: randomUUID(), record: next };
          if (await write(key, item, signal)) return answer;
          await sleep(Math.random() * 10 * 2 ** Math.min(conflicts, 5), undefined, { signal });
        }
      } catch (cause) {
        signal.throwIfAborted();
        throw new StoreError(
          `table ${table} cannot be used for ${kind} ${key}; check the table and the function's role`,
          { cause },
        );
      }
      throw new StoreError(
        `${kind} ${key} in table ${table} changed ${MAX_CONFLICTS} times while it was being changed`,
      );
    },
  };
}

/** The condition of a write: the item is as it was read, or not there at all. */
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

/** The table's TTL attribute, in epoch seconds. A hint for cleaning up: nothing ever depends on an item being gone. */
function expiry(keepSeconds: number | undefined): { expiresAt?: number } {
  return keepSeconds === undefined ? {} : { expiresAt: Math.floor(Date.now() / 1_000) + keepSeconds };
}
