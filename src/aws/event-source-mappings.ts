import { UpdateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { QueueMapping } from "../contract/environment.ts";

/** Lambda reads a queue with so many invocations at once at least (MaximumConcurrency of an SQS event source). */
const LEAST = 2;

/** Lets a destination's queues rest, or be read by so many copies at once; undefined: as deployed. */
export type SetIntake = (
  destination: string,
  intake: "paused" | { readonly concurrency: number | undefined },
) => Promise<void>;

/** Changes the event source mappings of the copy function (Lambda API, UpdateEventSourceMapping; takes up to a minute). */
export function createIntake(client: LambdaClient, mappings: readonly QueueMapping[]): SetIntake {
  return async (destination, intake) => {
    for (const { id, concurrency } of mappings.filter((mapping) => mapping.destination === destination)) {
      const MaximumConcurrency =
        intake === "paused" ? undefined : Math.max(Math.min(intake.concurrency ?? concurrency, concurrency), LEAST);
      await client.send(
        new UpdateEventSourceMappingCommand({
          UUID: id,
          Enabled: intake !== "paused",
          ...(MaximumConcurrency === undefined ? {} : { ScalingConfig: { MaximumConcurrency } }),
        }),
      );
    }
  };
}
