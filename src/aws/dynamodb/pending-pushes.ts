import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { QueryCommandInput } from "@aws-sdk/lib-dynamodb";
import { PendingPush } from "../../replication/pending/pending-push.ts";
import type { PendingPushes, PushNote } from "../../replication/pending/pending-push.ts";
import { StoreError } from "../../replication/state/record-store.ts";
import { untilAborted } from "../client/until-aborted.ts";
import { pendingKey, pendingPartition, pendingPrefix } from "./pending-key.ts";
import type { PendingTable } from "./push-acceptor.ts";

/** The pending pushes in the table: one partition for each destination, one item for each push. */
export function createDynamoDbPendingPushes({ client, table }: PendingTable): PendingPushes {
  const query = createQuery({ client, table });
  return {
    ofTag({ destination, ...tag }, signal) {
      const input = {
        KeyConditionExpression: "pk = :pk AND begins_with(sk, :tag)",
        ExpressionAttributeValues: { ":pk": pendingPartition(destination), ":tag": pendingPrefix(tag) },
        ConsistentRead: true,
      };
      return Array.fromAsync(query(input, signal));
    },
    ofDestination(destination, signal) {
      const input = {
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": pendingPartition(destination) },
      };
      return query(input, signal);
    },
    async note(push, note, signal) {
      const command = new UpdateCommand({ TableName: table, Key: pendingKey(push), ...changesOf(note) });
      try {
        await untilAborted(signal, (options) => client.send(command, options));
        return true;
      } catch (cause) {
        if (cause instanceof ConditionalCheckFailedException) return false;
        throw storeError(cause, table, signal);
      }
    },
    async end(push, signal) {
      const command = new DeleteCommand({ TableName: table, Key: pendingKey(push) });
      try {
        await untilAborted(signal, (options) => client.send(command, options));
      } catch (cause) {
        throw storeError(cause, table, signal);
      }
    },
  };
}

/** Reads all pages of a query. */
function createQuery({ client, table }: PendingTable) {
  return async function* (input: Omit<QueryCommandInput, "TableName">, signal: AbortSignal) {
    let ExclusiveStartKey: QueryCommandInput["ExclusiveStartKey"];
    do {
      const from = ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey };
      const command = new QueryCommand({ ...input, TableName: table, ...from });
      const page = await untilAborted(signal, (options) => client.send(command, options)).catch((cause: unknown) => {
        throw storeError(cause, table, signal);
      });
      for (const item of page.Items ?? []) yield PendingPush.parse(item);
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
  };
}

/** @throws the signal's reason when it is aborted. */
function storeError(cause: unknown, table: string, signal: AbortSignal): StoreError {
  signal.throwIfAborted();
  return new StoreError(`table ${table} cannot be used for pending pushes; check the table and the function's role`, {
    cause,
  });
}

/** The expressions that set the fields of a note, unless the push has ended. */
function changesOf(note: PushNote) {
  const entries = Object.entries(note).filter(([, value]) => value !== undefined);
  return {
    UpdateExpression: `SET ${entries.map(([name]) => `#${name} = :${name}`).join(", ")}`,
    ConditionExpression: "attribute_exists(pk)",
    ExpressionAttributeNames: Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(entries.map(([name, value]) => [`:${name}`, value])),
  };
}
