import { CodeBuildClient } from "@aws-sdk/client-codebuild";
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { startCodeBuild } from "../../local/emulators/codebuild-api.ts";
import { LOCAL_ACCOUNT, LOCAL_AWS, LOCAL_REGION } from "../../local/access/local-aws.ts";
import { startSqs } from "../../local/emulators/sqs.ts";
import { createLongLaneStarter } from "../../src/aws/long-lane-starter.ts";
import { NEVER } from "../../src/async/abort.ts";
import { queuesOf } from "../../src/contract/stack/queues.ts";

/** A build that ends when it is killed. */
const ENTRY = new URL("../fixtures/endless.mjs", import.meta.url);

/** Two destinations' queues, the project, and who looks whether a build is needed. */
async function setUp(project = "images-long-lane") {
  const sqs = await startSqs();
  const builds = await startCodeBuild({ project: "images-long-lane", entry: ENTRY, environment: () => ({}) });
  const common = { ...LOCAL_AWS, maxAttempts: 1 };
  const client = new SQSClient({ ...common, endpoint: sqs.endpoint, useQueueUrlAsEndpoint: false });
  const codeBuild = new CodeBuildClient({ ...common, endpoint: builds.endpoint });
  const source = { account: LOCAL_ACCOUNT, region: LOCAL_REGION };
  const destinations = [{ name: "europe" }, { name: "asia" }];
  const { copies } = queuesOf({ stack: "images", source, destinations, longLane: true });
  const queues = copies.map((queue) => ({ ...queue, url: sqs.createQueue(queue.name, {}).url }));
  const urlOf = (destination: string, priority: string): string =>
    queues.find((queue) => queue.destination === destination && queue.priority === priority)?.url ?? "";
  return {
    builds,
    start: createLongLaneStarter({ sqs: client, builds: codeBuild, queues, project }),
    send: (destination: string, priority: string) =>
      client.send(new SendMessageCommand({ QueueUrl: urlOf(destination, priority), MessageBody: "{}" })),
    /** What a build does with a message. */
    async take(destination: string) {
      const QueueUrl = urlOf(destination, "long");
      const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 300 }));
      const ReceiptHandle = Messages[0]?.ReceiptHandle;
      return () => client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      codeBuild.destroy();
      await builds.close();
      await sqs.close();
    },
  };
}

describe("the starter of the long lane", () => {
  it("starts no build while the long queues are empty, even if other queues are not", async () => {
    await using lane = await setUp();
    await lane.send("europe", "live");
    await lane.send("asia", "backfill");
    expect(await lane.start(NEVER)).toBe("idle");
    expect(lane.builds.started()).toBe(0);
  });

  it("starts one build when a request waits for any destination, and no second one concurrently", async () => {
    await using lane = await setUp();
    await lane.send("asia", "long");
    expect(await lane.start(NEVER)).toBe("started");
    await lane.take("asia");
    expect(await lane.start(NEVER)).toBe("idle");
    await lane.send("europe", "long");
    expect(await lane.start(NEVER)).toBe("running");
    expect(lane.builds.started()).toBe(1);
  });

  it("starts the next build when one was killed and its message is visible again", async () => {
    await using lane = await setUp();
    await lane.send("asia", "long");
    await lane.start(NEVER);
    await lane.builds.kill();
    expect(await lane.start(NEVER)).toBe("started");
    expect(lane.builds.started()).toBe(2);
  });

  it("distinguishes a refusal without a running build from one because of a running build", async () => {
    await using lane = await setUp();
    await lane.send("asia", "long");
    await lane.start(NEVER);
    expect(await lane.start(NEVER)).toBe("refused");
    const remove = await lane.take("asia");
    await lane.send("asia", "long");
    expect(await lane.start(NEVER)).toBe("running");
    await remove();
    expect(await lane.start(NEVER)).toBe("refused");
  });

  it("fails when no build can be started at all, so that its function logs why", async () => {
    await using lane = await setUp("another-project");
    await lane.send("asia", "long");
    await expect(lane.start(NEVER)).rejects.toThrow("Project cannot be found: another-project");
  });
});
