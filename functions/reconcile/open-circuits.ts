import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { ReconcileDependencies } from "./handler.ts";

/**
 * Destinations whose circuit is open now: a comparison asks them for nothing, and comes back to them when it is due again. A circuit that
 * cannot be read keeps none from being compared.
 */
export async function openCircuits(
  { configuration, circuits, observer }: Pick<ReconcileDependencies, "configuration" | "circuits" | "observer">,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const looks = configuration.destinations.map(async ({ name }) => {
    const circuit = await circuits.read(name, signal).catch((error: unknown) => {
      observer.warn("Circuit could not be read; its destination is compared all the same", {
        destination: name,
        error: describeError(error),
      });
      return undefined;
    });
    if (circuit?.state !== "open") return [];
    observer.info("Destination is not compared while its circuit is open", { destination: name });
    return [name];
  });
  return new Set((await Promise.all(looks)).flat());
}
