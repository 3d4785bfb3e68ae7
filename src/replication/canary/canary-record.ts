import * as z from "zod";
import { isDigest } from "../../oci/digest.ts";

const Pushed = z.object({
  digest: z.string().refine(isDigest),
  /** Just before it was pushed; epoch milliseconds. */
  at: z.number(),
});
/** A canary that was pushed to the source. */
export type PushedCanary = z.infer<typeof Pushed>;

/** What is known about the canaries of one repository of the source: the last one, and how far each destination is. */
export const CanaryRecord = z.object({
  pushed: Pushed.optional(),
  destinations: z.record(
    z.string(),
    z.object({
      /** When canaries were first awaited there; epoch milliseconds. */
      since: z.number(),
      /** The newest one that has arrived. */
      arrived: Pushed.optional(),
    }),
  ),
});
export type CanaryRecord = z.infer<typeof CanaryRecord>;

/** The record of a repository without canaries. */
export const NO_CANARY: CanaryRecord = { destinations: {} };

/** The record with these destinations: one that is new is awaited from now on. @param now epoch milliseconds. */
export function awaitedAt(record: CanaryRecord, destinations: readonly string[], now: number): CanaryRecord {
  const awaited = destinations.map((name) => [name, record.destinations[name] ?? { since: now }] as const);
  return { ...record, destinations: Object.fromEntries(awaited) };
}

/** The record after a canary has arrived at a destination. One that is older than what is known changes nothing. */
export function arrivedAt(record: CanaryRecord, destination: string, canary: PushedCanary): CanaryRecord {
  const known = record.destinations[destination];
  if (known === undefined || (known.arrived !== undefined && known.arrived.at >= canary.at)) return record;
  return { ...record, destinations: { ...record.destinations, [destination]: { ...known, arrived: canary } } };
}

/** The canary that a destination has not confirmed yet; undefined when it has, and when none was pushed. */
export function awaitedCanary({ pushed, destinations }: CanaryRecord, destination: string): PushedCanary | undefined {
  return pushed?.digest === destinations[destination]?.arrived?.digest ? undefined : pushed;
}

/**
 * How old the newest canary of a destination is, in milliseconds: since its push, and not since its arrival, so that a canary that took
 * long is old when it arrives. Where none has arrived, since the first was awaited.
 */
export function canaryAgeMs({ destinations }: CanaryRecord, destination: string, now: number): number {
  const known = destinations[destination];
  return known === undefined ? 0 : Math.max(now - (known.arrived?.at ?? known.since), 0);
}

/** How much earlier than an interval after the last one the next canary may be pushed: schedules are not exact. */
const EARLY_MS = 30_000;
/**
 * The longest time for which one canary is awaited, in milliseconds; then another one is pushed. It is shorter than the time after which the
 * request of a push is sent again by another queue: what arrives that way proves nothing.
 */
export const LONGEST_AWAITED_MS = 1_200_000;

/** Whether the next canary is to be pushed. @param now epoch milliseconds. */
export function isCanaryDue(record: CanaryRecord, intervalMs: number, now: number): boolean {
  const { pushed, destinations } = record;
  if (pushed === undefined) return true;
  const isAwaited = Object.keys(destinations).some((name) => awaitedCanary(record, name) !== undefined);
  const waitMs = isAwaited ? Math.min(intervalMs, LONGEST_AWAITED_MS) : intervalMs;
  return now - pushed.at >= waitMs - EARLY_MS;
}
