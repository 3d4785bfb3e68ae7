import { once } from "node:events";
import { CreateTableCommand, DynamoDBClient, ResourceInUseException } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { addressOf } from "./address.ts";
import { LOCAL_AWS } from "./local-aws.ts";

export interface RunningDynamoDb {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Starts a DynamoDB emulator on a free loopback port; with a directory, tables outlive the process. */
export async function startDynamoDb(directory?: string): Promise<RunningDynamoDb> {
  const server = dynalite({ createTableMs: 0, ...(directory === undefined ? {} : { path: directory }) });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://${addressOf(server)}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Idle keep-alive connections would hold the emulator's shutdown up for half a minute.
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Creates the table of tag records and checkpoints, as the stack defines it, unless it is there. */
export async function createStateTable(endpoint: string, name: string): Promise<void> {
  const client = new DynamoDBClient({ ...LOCAL_AWS, endpoint });
  try {
    await client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: ["pk", "sk"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  } finally {
    client.destroy();
  }
}
