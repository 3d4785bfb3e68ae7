import { describeError } from "../../src/contract/telemetry/observer.ts";
import { isPauseAbandoned } from "../../src/replication/destination/queue-pause.ts";
import type { QueuePauseRecord } from "../../src/replication/destination/queue-pause.ts";
import type { ReconcileDependencies } from "./reconcile-dependencies.ts";

/** Resumes paused queues that the probe function no longer handles: in doubt, copies should run. Never throws. */
export async function resumeAbandonedQueues(
  dependencies: Pick<ReconcileDependencies, "configuration" | "queuePauses" | "resumeQueues" | "now" | "observer">,
  signal: AbortSignal,
): Promise<void> {
  const { configuration, observer } = dependencies;
  await Promise.all(
    configuration.destinations.map(({ name }) =>
      resumeOne(name, dependencies, signal).catch((error: unknown) => {
        observer.error("Paused queues could not be checked or resumed; the next invocation tries again", {
          destination: name,
          error: describeError(error),
        });
      }),
    ),
  );
}

async function resumeOne(
  destination: string,
  { queuePauses, resumeQueues, now, observer }: Parameters<typeof resumeAbandonedQueues>[0],
  signal: AbortSignal,
): Promise<void> {
  const queuePause = await queuePauses.read(destination, signal);
  if (!isPauseAbandoned(queuePause, now())) return;
  await resumeQueues(destination, signal);
  // An operator may have paused them meanwhile: the probe function pauses them again.
  const resumed = (record: QueuePauseRecord | undefined) =>
    record?.state === "held"
      ? { next: { ...record, isDone: false }, answer: undefined }
      : { next: { state: "full" as const }, answer: undefined };
  await queuePauses.update(destination, resumed, signal);
  observer.error("Queues were paused and abandoned; they are resumed", { destination });
}
