import { concurrently } from "../../src/async/run-concurrently.ts";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { CANARY_TAG } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { canaryImage } from "../../src/replication/canary/canary-image.ts";
import type { CanaryImage } from "../../src/replication/canary/canary-image.ts";
import {
  arrivedAt,
  awaitedAt,
  awaitedCanary,
  canaryAgeMs,
  isCanaryDue,
  NO_CANARY,
} from "../../src/replication/canary/canary-record.ts";
import type { CanaryRecord, PushedCanary } from "../../src/replication/canary/canary-record.ts";
import type { RecordStore } from "../../src/replication/state/record-store.ts";
import { findArrival } from "./find-arrival.ts";
import type { ArrivalPorts } from "./find-arrival.ts";

export interface CanaryDependencies extends ArrivalPorts {
  readonly configuration: Configuration;
  readonly canaries: RecordStore<CanaryRecord>;
  /** What the canary's tag names at the source. */
  readonly pushedTag: (signal: AbortSignal) => Promise<Digest | undefined>;
  /** Pushes an image to the canary's tag at the source. */
  readonly push: (image: CanaryImage, signal: AbortSignal) => Promise<void>;
  /** Deletes a canary at the source, which has no tag any more. One that is gone is no error. */
  readonly remove: (digest: Digest, signal: AbortSignal) => Promise<void>;
  /** A signal that is aborted after some milliseconds. */
  readonly timeout: (ms: number) => AbortSignal;
  readonly observer: Observer;
}

/** What one invocation did; `off`: the configuration has no canary. */
export type CanaryReport =
  | { readonly outcome: "off" }
  | { readonly outcome: "watched"; readonly pushed: boolean; readonly arrived: readonly string[] };

/** Destinations that are asked at once, and how long all of them, and a push, may take: the ages must be emitted in time. Milliseconds. */
const AT_ONCE = 16;
const LOOKING_MS = 20_000;
const PUSHING_MS = 15_000;

/**
 * Looks where the last canary has arrived, pushes the next one when it is due, and emits how old the newest canary of each destination is.
 * To be invoked once a minute. Without the table it emits nothing, and the alarm counts missing data as a breach.
 * @throws {StoreError}
 */
export function createHandler(dependencies: CanaryDependencies) {
  const { configuration, canaries, now, observer } = dependencies;
  return async (signal: AbortSignal): Promise<CanaryReport> => {
    const { canary } = configuration.stack;
    if (canary === undefined) return { outcome: "off" };
    const names = configuration.destinations.map(({ name }) => name);
    const startedAt = now();
    const stored = (await canaries.read(canary.repository, signal)) ?? NO_CANARY;
    const known = awaitedAt(stored, names, startedAt);
    const found = await findArrivals(known, dependencies, signal);
    const seen = withArrivals(known, found);
    const isDue = isCanaryDue(seen, canary.intervalMinutes * 60_000, now());
    const pushed = isDue ? await pushNext(seen, dependencies, signal) : undefined;
    const isNew = names.some((name) => stored.destinations[name] === undefined);
    const settle = (record: CanaryRecord | undefined) => {
      const next = withArrivals(awaitedAt(record ?? NO_CANARY, names, startedAt), found);
      return { next: pushed === undefined ? next : { ...next, pushed }, answer: undefined };
    };
    if (isNew || pushed !== undefined || found.size > 0) await canaries.update(canary.repository, settle, signal);
    for (const name of names)
      observer.count(Metric.canaryAge, Math.round(canaryAgeMs(seen, name, now()) / 1_000), name);
    return { outcome: "watched", pushed: pushed !== undefined, arrived: [...found.keys()] };
  };
}

/** The destinations where the canary that they await has arrived. */
type Arrivals = ReadonlyMap<string, PushedCanary>;

function withArrivals(record: CanaryRecord, found: Arrivals): CanaryRecord {
  return [...found].reduce((next, [name, canary]) => arrivedAt(next, name, canary), record);
}

/** A destination that cannot be asked has no arrival in this minute. */
async function findArrivals(
  record: CanaryRecord,
  dependencies: CanaryDependencies,
  signal: AbortSignal,
): Promise<Arrivals> {
  const { configuration, observer, timeout } = dependencies;
  const found = new Map<string, PushedCanary>();
  const limit = timeout(LOOKING_MS);
  const look = async (destination: Configuration["destinations"][number], working: AbortSignal): Promise<void> => {
    const { name } = destination;
    const canary = awaitedCanary(record, name);
    if (canary === undefined) return;
    try {
      const arrival = await findArrival({ canary, destination }, dependencies, AbortSignal.any([working, limit]));
      if (arrival.kind === "absent")
        observer.warn("Canary is not at the destination", { destination: name, problem: arrival.problem });
      if (arrival.kind !== "arrived") return;
      found.set(name, canary);
      const lagMs = arrival.endedAt - canary.at;
      observer.info("Canary arrived", { destination: name, digest: canary.digest, lagMs });
    } catch (error) {
      working.throwIfAborted();
      observer.warn("Whether the canary has arrived could not be found out", {
        destination: name,
        error: describeError(error),
      });
    }
  };
  await concurrently(configuration.destinations, AT_ONCE, look, signal);
  return found;
}

const TAKEN =
  "The tag of the canary names an image that this stack has not pushed: a repository of canaries belongs to one stack; give each stack its own stack.canary.repository";

/** Pushes the next canary, unless the source does not answer, and then deletes the one before it. @returns undefined when the push failed: the next minute tries again. */
async function pushNext(
  { pushed: previous }: CanaryRecord,
  { push, pushedTag, remove, now, timeout, observer }: CanaryDependencies,
  ending: AbortSignal,
): Promise<PushedCanary | undefined> {
  const at = now();
  const image = canaryImage(at);
  const { digest } = image.manifest;
  const signal = AbortSignal.any([ending, timeout(PUSHING_MS)]);
  try {
    const found = previous === undefined ? undefined : await pushedTag(signal);
    if (found !== undefined && found !== previous?.digest) observer.error(TAKEN, { reference: CANARY_TAG, found });
    await push(image, signal);
    observer.info("Canary pushed", { reference: CANARY_TAG, digest });
  } catch (error) {
    ending.throwIfAborted();
    observer.error("Canary could not be pushed to the source", { reference: CANARY_TAG, error: describeError(error) });
    return undefined;
  }
  if (previous !== undefined) {
    await remove(previous.digest, signal).catch((error: unknown) => {
      observer.warn("The canary before it could not be deleted at the source", {
        digest: previous.digest,
        error: describeError(error),
      });
    });
  }
  return { digest, at };
}
