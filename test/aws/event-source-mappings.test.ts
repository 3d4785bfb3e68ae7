import { LambdaClient } from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { LOCAL_AWS } from "../../local/access/local-aws.ts";
import { startLambdaApi } from "../../local/lambda/lambda-api.ts";
import type { MappedQueue } from "../../local/lambda/lambda-api.ts";
import { createQueueStateSetter } from "../../src/aws/event-source-mappings.ts";
import { NEVER } from "../../src/async/abort.ts";
import { queuesOf } from "../../src/contract/stack/queues.ts";

const { copies } = queuesOf({
  stack: "images",
  source: { account: "123456789012", region: "us-east-1" },
  destinations: [{ name: "gar" }, { name: "mirror" }],
  longLane: true,
});

/** A mapping that notes its changes. */
function noting(changes: unknown[], queueName: string): MappedQueue {
  return {
    queueArn: `arn:aws:sqs:us-east-1:123456789012:${queueName}`,
    mapping: { update: (change) => void changes.push([queueName, change]), close: () => Promise.resolve() },
  };
}

async function setUp() {
  const changes: unknown[] = [];
  const mappings = new Map<string, MappedQueue>(
    copies.map(({ name }, index) => [`uuid-${index}`, noting(changes, name)]),
  );
  const api = await startLambdaApi({ mappings, variables: new Map() });
  const client = new LambdaClient({ ...LOCAL_AWS, endpoint: `http://${api.host}`, maxAttempts: 1 });
  const concurrency = { live: 50, backfill: 10 };
  return {
    changes,
    mappings,
    setQueueState: createQueueStateSetter({ client, functionName: "images-copy", queues: copies, concurrency }),
    async [Symbol.asyncDispose]() {
      client.destroy();
      await api.close();
    },
  };
}

const LIVE = "images-copies-gar-live-us-east-1";
const BACKFILL = "images-copies-gar-backfill-us-east-1";

describe("the concurrency of a destination's queues", () => {
  it("is changed at the mappings that read its queues, found by the queues' names, and at no other", async () => {
    await using around = await setUp();
    await around.setQueueState("gar", "paused", NEVER);
    await around.setQueueState("gar", { concurrency: 4 }, NEVER);
    expect(around.changes).toEqual([
      [LIVE, { enabled: false, maxConcurrency: undefined }],
      [BACKFILL, { enabled: false, maxConcurrency: undefined }],
      [LIVE, { enabled: true, maxConcurrency: 4 }],
      [BACKFILL, { enabled: true, maxConcurrency: 4 }],
    ]);
  });

  it("is opened to what was deployed and no wider, for each queue", async () => {
    await using around = await setUp();
    await around.setQueueState("gar", { concurrency: 200 }, NEVER);
    await around.setQueueState("gar", { concurrency: undefined }, NEVER);
    const opened = [
      [LIVE, { enabled: true, maxConcurrency: 50 }],
      [BACKFILL, { enabled: true, maxConcurrency: 10 }],
    ];
    expect(around.changes).toEqual([...opened, ...opened]);
  });

  it("is found again when a deployment has replaced a mapping", async () => {
    await using around = await setUp();
    await around.setQueueState("gar", { concurrency: 2 }, NEVER);
    around.mappings.delete("uuid-0");
    around.mappings.set("uuid-new", noting(around.changes, LIVE));
    around.changes.length = 0;
    await around.setQueueState("gar", { concurrency: 8 }, NEVER);
    expect(around.changes).toContainEqual([LIVE, { enabled: true, maxConcurrency: 8 }]);
  });

  it("without a mapping causes an error, and is looked up again the next time", async () => {
    await using around = await setUp();
    around.mappings.delete("uuid-0");
    await expect(around.setQueueState("gar", "paused", NEVER)).rejects.toThrow(
      `not fed from the queue ${LIVE}; deploy the stack again`,
    );
    around.mappings.set("uuid-late", noting(around.changes, LIVE));
    await around.setQueueState("gar", "paused", NEVER);
    expect(around.changes).toContainEqual([LIVE, { enabled: false, maxConcurrency: undefined }]);
  });
});
