import type { Destination } from "../contract/configuration/configuration-document.ts";
import { RATE_BURST_MS, RATE_FIRST_PER_SECOND } from "../contract/stack/limits.ts";
import type { Clock } from "../async/clock.ts";
import type { SharedRate } from "../registry/resilience/shared-limits.ts";
import { createRateLimit } from "../replication/destination/rate-limiter.ts";
import type { RateRecord } from "../replication/destination/rate-record.ts";
import type { RecordStore } from "../replication/state/record-store.ts";
import type { Registries } from "./registries.ts";

export interface DestinationRate {
  readonly store: RecordStore<RateRecord>;
  /** The one that everybody who takes turns has in common. */
  readonly clock: Clock;
  /** Gives way to what was just pushed. */
  readonly yields: boolean;
  /** Longest wait for a turn, in milliseconds, for who has no queue to wait in. */
  readonly maxWaitMs?: number;
}

/** One process's share of the rate that a destination is asked with by everything that runs. */
export function createDestinationRate(
  { name, requestsPerSecond }: Destination,
  { store, ...options }: DestinationRate,
): SharedRate {
  const policy = { first: RATE_FIRST_PER_SECOND, most: requestsPerSecond, burstMs: RATE_BURST_MS };
  return createRateLimit({ store, key: name, policy, ...options });
}

/** The same registries, every destination of them asked within its rate. */
export function withRates(
  registries: Registries,
  destinations: readonly Destination[],
  options: DestinationRate,
): Registries {
  const rates = new Map(destinations.map((each) => [each.name, createDestinationRate(each, options)]));
  return { ...registries, destination: (name) => registries.destination(name, rates.get(name)) };
}
