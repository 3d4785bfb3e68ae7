import { AccountLimitExceededException, StartBuildCommand } from "@aws-sdk/client-codebuild";
import type { CodeBuildClient } from "@aws-sdk/client-codebuild";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { untilAborted } from "./client/until-aborted.ts";
import { queueDepth } from "./sqs/queue-depth.ts";
import type { CopyQueue } from "../contract/stack/queues.ts";

/**
 * What was done about the long lane: nothing waits, a build was started, one is at work; or CodeBuild refused one, and none seems to be at
 * work: it is just beginning, or the account may run none.
 */
export type LongLaneStart = "idle" | "started" | "running" | "refused";

export interface LongLaneStarterOptions {
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
export function createLongLaneStarter({
  sqs,
  builds,
  queues,
  project,
}: LongLaneStarterOptions): (signal: AbortSignal) => Promise<LongLaneStart> {
  const long = queues.filter(({ priority }) => priority === "long");
  return async (signal) => {
    const depths = await Promise.all(long.map(({ url }) => queueDepth(sqs, url, signal)));
    if (depths.every(({ visible }) => visible === 0)) return "idle";
    try {
      const command = new StartBuildCommand({ projectName: project });
      await untilAborted(signal, (options) => builds.send(command, options));
      return "started";
    } catch (error) {
      signal.throwIfAborted();
      if (depths.some(({ inFlight }) => inFlight > 0)) return "running";
      if (error instanceof AccountLimitExceededException) return "refused";
      throw error;
    }
  };
}
