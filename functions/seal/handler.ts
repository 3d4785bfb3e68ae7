import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { NO_DESTINATION } from "../../src/replication/outcome/receipt.ts";
import { createSealer, signTip } from "../../src/replication/proof/seal-receipts.ts";
import type { SealPorts } from "../../src/replication/proof/seal-receipts.ts";

export interface SealDependencies extends SealPorts {
  /** Destinations of the stack: each has a chain, with receipts or without. */
  readonly destinations: readonly string[];
  readonly observer: Pick<Observer, "info">;
}

/** How many receipts were sealed. */
export interface SealReport {
  readonly sealed: number;
}

/**
 * Seals the receipts that wait, and then signs where each chain ends. A receipt that was written meanwhile, or that the index does not
 * show yet, waits for the next invocation. @param isTimeLeft false when another batch would not end in time.
 */
export function createHandler({ destinations, observer, ...ports }: SealDependencies) {
  return async (isTimeLeft: () => boolean, signal: AbortSignal): Promise<SealReport> => {
    const chains = new Set([...destinations, NO_DESTINATION]);
    const sealer = createSealer(ports);
    let sealed = 0;
    for await (const page of ports.store.unsealed(signal)) {
      for (const [chain, places] of page) {
        chains.add(chain);
        sealed += await sealer.seal(chain, places, isTimeLeft, signal);
      }
      if (!isTimeLeft()) break;
    }
    for (const chain of chains) {
      const end = await signTip(chain, [...chains], ports, signal);
      // The log is another store with other permissions: it shows when a chain was replaced by a shorter one.
      observer.info("Chain of receipts sealed", { chain, ...end });
    }
    return { sealed };
  };
}
