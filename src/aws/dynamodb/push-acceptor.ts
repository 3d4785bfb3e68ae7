import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { RETENTION_DAYS } from "../../contract/stack/limits.ts";
import type { PushAcceptor } from "../../replication/pending/pending-push.ts";
import { StoreError } from "../../replication/state/record-store.ts";
import type { TableAccess } from "../client/table-pages.ts";
import { untilAborted } from "../client/until-aborted.ts";
import { pendingKey } from "./pending-key.ts";

const DAY_SECONDS = 86_400;

/** Writes accepted pushes. Apart from the adapter that reads them: the fan-out function needs only this. */
export function createDynamoDbPushAcceptor({ client, table }: TableAccess): PushAcceptor {
  return {
    async accept(push, signal) {
      // No queue keeps its message for longer.
      const expiresAt = Math.floor(push.acceptedAt / 1_000) + RETENTION_DAYS * DAY_SECONDS;
      const Item = { ...push, ...pendingKey(push), expiresAt };
      try {
        const command = new PutCommand({ TableName: table, Item, ConditionExpression: "attribute_not_exists(pk)" });
        await untilAborted(signal, (options) => client.send(command, options));
      } catch (cause) {
        if (cause instanceof ConditionalCheckFailedException) return;
        signal.throwIfAborted();
        throw new StoreError(`the push ${push.id} cannot be written to table ${table}`, { cause });
      }
    },
  };
}
