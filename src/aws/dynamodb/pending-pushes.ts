import { DeleteCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { PendingPush } from "../../replication/pending/pending-push.ts";
import type { PendingPushes, PushNote } from "../../replication/pending/pending-push.ts";
import { queryPages } from "../client/table-pages.ts";
import type { TableAccess } from "../client/table-pages.ts";
import { createTableUse, isWritten, usedPages } from "../client/table-use.ts";
import { untilAborted } from "../client/until-aborted.ts";
import { pendingKey, pendingPartition, pendingPrefix } from "./pending-key.ts";

const WHAT = "pending pushes";

/** The pending pushes in the table: one partition for each destination, one item for each push. */
export function createDynamoDbPendingPushes(at: TableAccess): PendingPushes {
  const { client, table } = at;
  const use = createTableUse(table);
  async function* query(input: Parameters<typeof queryPages>[1], signal: AbortSignal) {
    for await (const items of usedPages(queryPages(at, input, signal), (next) => use(WHAT, signal, next))) {
      for (const item of items) yield PendingPush.parse(item);
    }
  }
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
    note(push, note, signal) {
      const command = new UpdateCommand({ TableName: table, Key: pendingKey(push), ...changesOf(note) });
      const write = () => untilAborted(signal, (options) => client.send(command, options));
      return use(WHAT, signal, () => isWritten(write));
    },
    async noteAsked({ setAsideAt = 0, ...push }, askedAt, signal) {
      const { ConditionExpression, ...changes } = changesOf({ setAsideAt: 0, askedAt });
      const command = new UpdateCommand({
        TableName: table,
        Key: pendingKey(push),
        ...changes,
        ConditionExpression: `${ConditionExpression} AND #setAsideAt = :seen`,
        ExpressionAttributeValues: { ...changes.ExpressionAttributeValues, ":seen": setAsideAt },
      });
      await use(WHAT, signal, () => isWritten(() => untilAborted(signal, (options) => client.send(command, options))));
    },
    async end(push, signal) {
      const command = new DeleteCommand({ TableName: table, Key: pendingKey(push) });
      await use(WHAT, signal, () => untilAborted(signal, (options) => client.send(command, options)));
    },
  };
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
