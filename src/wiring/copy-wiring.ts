import type { Destination } from "../contract/configuration/configuration-document.ts";
import type { Configuration } from "../contract/configuration/configuration.ts";
import { createLruCache } from "../async/lru.ts";
import { CIRCUIT, COPY_LEASE_SECONDS, COPY_MAX_ATTEMPTS } from "../contract/stack/limits.ts";
import { Metric } from "../contract/telemetry/metric-names.ts";
import type { Observer } from "../contract/telemetry/observer.ts";
import type { ImageSource } from "../oci/image-source.ts";
import { parseRepositoryName } from "../oci/reference.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { readerThrough } from "../registry/registry-reader.ts";
import { createRegistrySource } from "../registry/registry-source.ts";
import { createRepositoryClient } from "../registry/client/repository-client.ts";
import { createdWhenMissing } from "../registry/created-repository.ts";
import { targetThrough } from "../registry/registry-target.ts";
import type { ImageContentsStore } from "../replication/contents/image-contents.ts";
import type { Checkpoint } from "../replication/state/checkpoint.ts";
import { createCircuitBreaker } from "../replication/destination/circuit-breaker.ts";
import type { CircuitBreaker } from "../replication/destination/circuit-breaker.ts";
import { circuitPolicy } from "../replication/destination/circuit-policy.ts";
import type { CircuitRecord } from "../replication/destination/circuit.ts";
import type { Clock } from "../async/clock.ts";
import type { RateRecord } from "../replication/destination/rate-record.ts";
import type { RecordStore } from "../replication/state/record-store.ts";
import type { ReplicateContext } from "../replication/copy/copy-context.ts";
import type { UploadConcurrency } from "../replication/pacing/upload-concurrency.ts";
import type { TagRecord } from "../replication/state/tag-record.ts";
import { createDestinationRate } from "./destination-rate.ts";
import type { Registries } from "./registries.ts";

/** The parts of a copy that differ between production and the simulation. */
export interface CopyWiringOptions {
  readonly configuration: Configuration;
  readonly registries: Registries;
  readonly stores: {
    readonly tags: RecordStore<TagRecord>;
    readonly checkpoints: RecordStore<Checkpoint>;
    readonly circuits: RecordStore<CircuitRecord>;
    readonly rates: RecordStore<RateRecord>;
    readonly contents?: ImageContentsStore;
  };
  readonly streams: UploadConcurrency;
  /** Shared by all processes: leases, circuits and rates are written by one and read by another. */
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Unique to each delivery. */
  readonly createOwner: () => string;
  readonly leaseMs?: number | undefined;
  readonly observer: Observer;
}

/** Source, target and message of one copy. */
export interface CopyRoute {
  readonly destination: Destination;
  readonly from: RepositoryName;
  readonly to: RepositoryName;
  /** Requests of a backfill leave a part of the rate to live pushes. */
  readonly priority: "live" | "backfill";
  /** Equal for all deliveries of a message. */
  readonly message: string;
}

export interface CopyWiring {
  /** The source repository with this name. */
  source(name: RepositoryName): ImageSource;
  /** Opens source and target of one copy, with its parameters. */
  open(route: CopyRoute): ReplicateContext;
  /** The circuit of a destination, by its name. */
  circuit(destination: string): CircuitBreaker;
}

/** The most repositories that stay open. Each keeps its own tokens of a token server. */
const OPEN_REPOSITORIES = 500;

/** Create it once per process: it caches tokens and the state of each registry and repository across invocations. */
export function createCopyWiring(options: CopyWiringOptions): CopyWiring {
  const { configuration, registries, stores, streams, clock, random, createOwner, leaseMs } = options;
  const openSource = createLruCache(OPEN_REPOSITORIES, (name) =>
    createRegistrySource(registries.source(parseRepositoryName(name))),
  );
  const destinations = new Map(
    configuration.destinations.map((destination) => [
      destination.name,
      {
        live: targetsOf(destination, false, options),
        backfill: targetsOf(destination, true, options),
        circuit: circuitOf(destination, options),
      },
    ]),
  );
  const known = (name: string) => {
    const found = destinations.get(name);
    if (found === undefined) throw new Error(`${name} is not in the configuration; deploy the stack again`);
    return found;
  };
  return {
    source: openSource,
    circuit: (destination) => known(destination).circuit,
    open: ({ destination, from, to, priority, message }) => ({
      ports: {
        source: openSource(from),
        ...known(destination.name)[priority](to),
        tags: stores.tags,
        checkpoints: stores.checkpoints,
        contents: stores.contents,
        clock,
        random,
      },
      identity: {
        scope: `${destination.name}/${to}`,
        message,
        owner: createOwner(),
        leaseMs: leaseMs ?? COPY_LEASE_SECONDS * 1_000,
        sharing: { scope: destination.name, repository: to },
      },
      policy: { maxAttempts: COPY_MAX_ATTEMPTS, referrers: true, sparse: configuration.sparseIndexes },
      uploads: { concurrency: streams },
    }),
  };
}

type TargetPorts = Pick<ReplicateContext["ports"], "target" | "reader">;

function targetsOf(
  destination: Destination,
  yields: boolean,
  { registries, stores, clock }: CopyWiringOptions,
): (repository: string) => TargetPorts {
  const rate = createDestinationRate(destination, { store: stores.rates, clock, yields });
  const endpointOf = registries.destination(destination.name, rate);
  const create = registries.creator(destination.name);
  const listsTimes = destination.access.listing !== "distribution";
  return createLruCache(OPEN_REPOSITORIES, (repository) => {
    const name = parseRepositoryName(repository);
    const client = createRepositoryClient(endpointOf(name));
    const target = targetThrough(client);
    return {
      target: create === undefined ? target : createdWhenMissing(target, (signal) => create(name, signal)),
      reader: readerThrough(client, listsTimes),
    };
  });
}

function circuitOf({ name, circuit }: Destination, options: CopyWiringOptions): CircuitBreaker {
  const { stores, clock, random, observer } = options;
  return createCircuitBreaker({
    store: stores.circuits,
    key: name,
    policy: circuitPolicy({ ...CIRCUIT, ...circuit }),
    now: () => clock.now(),
    random,
    onChange(state) {
      if (state === "half-open") return;
      observer.count(state === "open" ? Metric.circuitsOpened : Metric.circuitsClosed, 1, name);
      observer.warn(state === "open" ? "Circuit opened" : "Circuit closed", { destination: name });
    },
  });
}
