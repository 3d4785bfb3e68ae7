import { AccountLimitExceededException, StartBuildCommand } from "@aws-sdk/client-codebuild";
import type { CodeBuildClient } from "@aws-sdk/client-codebuild";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { CopyQueue } from "../contract/queues.ts";

/** What was done about the long lane: nothing waits, a build was started, or one is at it. */
export type LongLaneStep = "idle" | "started" | "running";

export interface LongLaneOptions {
  readonly sqs: SQSClient;
  readonly builds: CodeBuildClient;
  readonly queues: readonly CopyQueue[];
  /** Name of the CodeBuild project. */
  readonly project: string;
}

/**
 * Starts a build of the long lane when something waits for one. Whether one is at it CodeBuild itself knows: the project takes one build at
 * a time, and refuses another (CodeBuild user guide, "Builds": concurrent build limit). So nothing is remembered that could be wrong.
 */
export function createLongLane({ sqs, builds, queues, project }: LongLaneOptions): () => Promise<LongLaneStep> {
  const long = queues.filter(({ priority }) => priority === "long");
  return async () => {
    const waiting = await Promise.all(long.map(({ url }) => visible(sqs, url)));
    if (waiting.every((count) => count === 0)) return "idle";
    try {
      await builds.send(new StartBuildCommand({ projectName: project }));
      return "started";
    } catch (error) {
      if (error instanceof AccountLimitExceededException) return "running";
      throw error;
    }
  };
}

async function visible(client: SQSClient, url: string): Promise<number> {
  const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["ApproximateNumberOfMessages"] });
  const { Attributes } = await client.send(command);
  return Number(Attributes?.["ApproximateNumberOfMessages"] ?? 0);
}
