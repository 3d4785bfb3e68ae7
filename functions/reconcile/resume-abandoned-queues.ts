import { describeError } from "../../src/contract/telemetry/observer.ts";
import { isPauseAbandoned } from "../../src/replication/destination/queue-pause.ts";
import type { ReconcileDependencies } from "./handler.ts";

/** Towards working: queues that were paused and that no probe looks after any more are opened, each on its own. */
export async function resumeAbandonedQueues(
  dependencies: Pick<ReconcileDependencies, "configuration" | "queuePauses" | "resumeQueues" | "now" | "observer">,
  signal: AbortSignal,
): Promise<void> {
  const { configuration, observer } = dependencies;
  await Promise.all(
    configuration.destinations.map(({ name }) =>
      openOne(name, dependencies, signal).catch((error: unknown) => {
        observer.error("Queues that were paused could not be looked after; the next call tries again", {
          destination: name,
          error: describeError(error),
        });
      }),
    ),
  );
}

async function openOne(
  destination: string,
  { queuePauses, resumeQueues, now, observer }: Parameters<typeof resumeAbandonedQueues>[0],
  signal: AbortSignal,
): Promise<void> {
  const intake = await queuePauses.read(destination, signal);
  if (!isPauseAbandoned(intake, now())) return;
  await resumeQueues(destination, signal);
  await queuePauses.update(destination, () => ({ next: { state: "full" }, answer: undefined }), signal);
  observer.error("Queues were paused and forgotten; they are read again", { destination });
}
