import { describeError } from "../../src/contract/telemetry/observer.ts";
import { isForsaken } from "../../src/replication/destination/queue-pause.ts";
import type { ReconcileDependencies } from "./handler.ts";

/** Towards working: queues that were paused and that no probe looks after any more are opened, each on its own. */
export async function openForsaken(
  dependencies: Pick<ReconcileDependencies, "configuration" | "intakes" | "openIntake" | "now" | "observer">,
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
  { intakes, openIntake, now, observer }: Parameters<typeof openForsaken>[0],
  signal: AbortSignal,
): Promise<void> {
  const intake = await intakes.read(destination, signal);
  if (!isForsaken(intake, now())) return;
  await openIntake(destination, signal);
  await intakes.update(destination, () => ({ next: { state: "full" }, answer: undefined }), signal);
  observer.error("Queues were paused and forgotten; they are read again", { destination });
}
