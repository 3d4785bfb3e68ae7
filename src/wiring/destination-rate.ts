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
  /** Shared by all processes that use the rate. */
  readonly clock: Clock;
  /** Whether to leave a part of the rate to live pushes. */
  readonly yields: boolean;
  /** The longest wait for a slot of the rate, in milliseconds; for callers that cannot defer a message instead. */
  readonly maxWaitMs?: number;
}

/** One process's share of a destination's rate, which all functions share. */
export function createDestinationRate(
  { name, requestsPerSecond }: Destination,
  { store, ...options }: DestinationRate,
): SharedRate {
  const policy = { first: RATE_FIRST_PER_SECOND, most: requestsPerSecond, burstMs: RATE_BURST_MS };
  return createRateLimit({ store, key: name, policy, ...options });
}

/** The same registries, with every destination limited to its rate. */
export function withRates(
  registries: Registries,
  destinations: readonly Destination[],
  options: DestinationRate,
): Registries {
  const rates = new Map(destinations.map((each) => [each.name, createDestinationRate(each, options)]));
  return { ...registries, destination: (name) => registries.destination(name, rates.get(name)) };
}
