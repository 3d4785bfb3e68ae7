import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { ReconcileDependencies } from "./reconcile-dependencies.ts";

/**
 * Destinations whose circuit is open. A comparison leaves them out until it is due again. A destination is compared if its
 * circuit cannot be read.
 */
export async function openCircuits(
  { configuration, circuits, observer }: Pick<ReconcileDependencies, "configuration" | "circuits" | "observer">,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const reads = configuration.destinations.map(async ({ name }) => {
    const circuit = await circuits.read(name, signal).catch((error: unknown) => {
      observer.warn("Circuit could not be read; its destination is compared anyway", {
        destination: name,
        error: describeError(error),
      });
      return undefined;
    });
    if (circuit?.state !== "open") return [];
    observer.info("Destination is not compared while its circuit is open", { destination: name });
    return [name];
  });
  return new Set((await Promise.all(reads)).flat());
}
