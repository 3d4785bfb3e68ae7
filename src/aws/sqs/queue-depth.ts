import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { untilAborted } from "../client/until-aborted.ts";

/** Numbers of messages on a queue; all are approximate (SQS API reference, "GetQueueAttributes"). */
export interface QueueDepth {
  /** Can be received now. */
  readonly visible: number;
  /** Received and not deleted yet. */
  readonly inFlight: number;
  /** Sent with a delay that has not passed yet. */
  readonly delayed: number;
}

/** Counts the messages on a queue, given by its URL. */
export async function queueDepth(client: SQSClient, url: string, signal: AbortSignal): Promise<QueueDepth> {
  const command = new GetQueueAttributesCommand({
    QueueUrl: url,
    AttributeNames: [
      "ApproximateNumberOfMessages",
      "ApproximateNumberOfMessagesNotVisible",
      "ApproximateNumberOfMessagesDelayed",
    ],
  });
  const { Attributes = {} } = await untilAborted(signal, (options) => client.send(command, options));
  return {
    visible: Number(Attributes.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
    delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
  };
}
