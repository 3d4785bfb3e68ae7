import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ECRClient } from "@aws-sdk/client-ecr";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { clientLimits, TABLE_ANSWER_MS } from "../../../src/aws/client/client-limits.ts";
import { createDynamoDbRecordStore } from "../../../src/aws/dynamodb/record-store.ts";
import { createEcrCredentials } from "../../../src/aws/ecr/ecr-credentials.ts";
import { COPY_LEASE_SECONDS } from "../../../src/contract/stack/limits.ts";
import { StoreError } from "../../../src/replication/state/record-store.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);

describe("an AWS service that accepts a request and never responds", () => {
  it("times out: the request for ECR's token is deferred", async () => {
    await using silent = await scriptedServer(() => undefined);
    const client = new ECRClient({ ...LOCAL_AWS, ...clientLimits(100), endpoint: `http://${silent.host}` });
    await expect(createEcrCredentials(client)(signal)).rejects.toMatchObject({
      side: "source",
      operation: "get-credentials",
      category: "deferred",
    });
    // Tried again in place, as after any failure that may pass.
    expect(silent.got.length).toBeGreaterThan(1);
    client.destroy();
  });

  it("causes a StoreError when it is the table", async () => {
    await using silent = await scriptedServer(() => undefined);
    const endpoint = `http://${silent.host}`;
    const client = DynamoDBDocumentClient.from(new DynamoDBClient({ ...LOCAL_AWS, ...clientLimits(100), endpoint }));
    const store = createDynamoDbRecordStore({ client, table: "state", kind: "TAG", schema: z.number() });
    await expect(store.update("key", () => ({ next: 1, answer: 1 }), NEVER)).rejects.toThrow(StoreError);
    client.destroy();
  });

  it("does not cost a copy its lease: three attempts fit between a heartbeat and the end of the lease", () => {
    const left = (COPY_LEASE_SECONDS * 1_000 * 2) / 3;
    expect(3 * TABLE_ANSWER_MS).toBeLessThan(left);
  });

  it("blocks no function: every client in the code has timeouts", () => {
    const files = ["functions", "src"].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .map((name) => join(folder, name)),
    );
    const opened = files.flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/new (?:ECR|SQS|Lambda|DynamoDB|SecretsManager)Client\(([^;]*)/g)].map(
        ([, options]) => ({ file, isLimited: options?.includes("clientLimits(") === true }),
      ),
    );
    expect(opened.length).toBeGreaterThan(10);
    expect(opened.filter(({ isLimited }) => !isLimited)).toEqual([]);
  });
});
