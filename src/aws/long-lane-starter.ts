import { AccountLimitExceededException, StartBuildCommand } from "@aws-sdk/client-codebuild";
import type { CodeBuildClient } from "@aws-sdk/client-codebuild";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { untilAborted } from "./client/until-aborted.ts";
import { queueDepth } from "./sqs/queue-depth.ts";
import type { CopyQueue } from "../contract/stack/queues.ts";

/**
 * Result of one call: no request waits, a build was started, or a build is running. `refused`: CodeBuild refused a build although none
 * seems to run; either one is just starting, or the account may not run any.
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
 * Starts a build of the long lane when a request waits on a long queue. The project allows one concurrent build and CodeBuild refuses a
 * second one, so no state is needed here. No document says which exception that is: of the three of StartBuild, only
 * AccountLimitExceededException is about limits (CodeBuild API reference, "StartBuild", Errors), and it also means that the account may
 * run no build at all. The queue distinguishes the two cases: a running build keeps a message in flight.
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
