import { AccountLimitExceededException, StartBuildCommand } from "@aws-sdk/client-codebuild";
import type { CodeBuildClient } from "@aws-sdk/client-codebuild";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { untilAborted } from "./client/until-aborted.ts";
import type { CopyQueue } from "../contract/stack/queues.ts";

/**
 * What was done about the long lane: nothing waits, a build was started, one is at work; or CodeBuild refused one, and none seems to be at
 * work: it is just beginning, or the account may run none.
 */
export type LongLaneStep = "idle" | "started" | "running" | "refused";

export interface LongLaneOptions {
  readonly sqs: SQSClient;
  readonly builds: CodeBuildClient;
  readonly queues: readonly CopyQueue[];
  /** Name of the CodeBuild project. */
  readonly project: string;
}

/**
 * Starts a build of the long lane when something waits for one. The project takes one build at a time, and CodeBuild refuses another; so
 * nothing is remembered that could be wrong. By which exception it refuses no document says: of StartBuild's three, only
 * AccountLimitExceededException is about limits (CodeBuild API reference, "StartBuild", Errors). An account that may run none is refused
 * alike. What tells the two apart is the queue: a build that is at work keeps a message hidden.
 */
export function createLongLane({
  sqs,
  builds,
  queues,
  project,
}: LongLaneOptions): (signal: AbortSignal) => Promise<LongLaneStep> {
  const long = queues.filter(({ priority }) => priority === "long");
  return async (signal) => {
    const depths = await Promise.all(long.map(({ url }) => depthOf(sqs, url, signal)));
    if (depths.every(({ waiting }) => waiting === 0)) return "idle";
    try {
      const command = new StartBuildCommand({ projectName: project });
      await untilAborted(signal, (options) => builds.send(command, options));
      return "started";
    } catch (error) {
      signal.throwIfAborted();
      if (depths.some(({ hidden }) => hidden > 0)) return "running";
      if (error instanceof AccountLimitExceededException) return "refused";
      throw error;
    }
  };
}

/** What waits on a queue, and what is being worked on (SQS API reference, "GetQueueAttributes"); both are approximate. */
async function depthOf(
  client: SQSClient,
  url: string,
  signal: AbortSignal,
): Promise<{ readonly waiting: number; readonly hidden: number }> {
  const command = new GetQueueAttributesCommand({
    QueueUrl: url,
    AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
  });
  const { Attributes } = await untilAborted(signal, (options) => client.send(command, options));
  return {
    waiting: Number(Attributes?.["ApproximateNumberOfMessages"] ?? 0),
    hidden: Number(Attributes?.["ApproximateNumberOfMessagesNotVisible"] ?? 0),
  };
}
