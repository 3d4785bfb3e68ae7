import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import type { Context, SQSEvent, SQSRecord } from "aws-lambda";
import { clientLimits } from "../../src/aws/client-limits.ts";
import { createMessageFate } from "../../src/aws/message-fate.ts";
import { createObserver } from "../../src/aws/observer.ts";
import { createTableClock } from "../../src/aws/table-clock.ts";
import { CopyEnvironment } from "../../src/contract/environment.ts";
import type { CopyQueue } from "../../src/contract/environment.ts";
import { keptByKey } from "../../src/contract/kept.ts";
import {
  CIRCUIT,
  COPY_LEASE_SECONDS,
  COPY_MAX_ATTEMPTS,
  COPY_STREAMS,
  RATE_BURST_MS,
  RATE_FIRST_PER_SECOND,
} from "../../src/contract/limits.ts";
import { Metric } from "../../src/contract/metric-names.ts";
import type { ImageTarget } from "../../src/oci/image-target.ts";
import { parseRepositoryName } from "../../src/oci/reference.ts";
import { createRegistrySource } from "../../src/registry/registry-source.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import { createCircuitBreaker } from "../../src/replication/circuit-breaker.ts";
import type { CircuitBreaker } from "../../src/replication/circuit-breaker.ts";
import { circuitPolicy } from "../../src/replication/circuit-policy.ts";
import type { Clock } from "../../src/replication/clock.ts";
import { createRateLimit } from "../../src/replication/rate-limit.ts";
import { createStreams } from "../../src/replication/streams.ts";
import { openRegistries } from "../../src/wiring/open-registries.ts";
import { openStateStores, openTableClient } from "../../src/wiring/state-stores.ts";
import { toDelivery } from "./delivery.ts";
import { createHandler } from "./handler.ts";

const environment = CopyEnvironment.parse(process.env);
const configuration = environment.FREIGHTLINER_CONFIGURATION;
const queues = environment.FREIGHTLINER_QUEUES;
const { observer, middlewares } = createObserver("copy");

const sqs = new SQSClient(clientLimits());
const table = openTableClient();
const stores = openStateStores(table, environment.FREIGHTLINER_TABLE);
/** Leases, circuits and rates are written here and read elsewhere: by the one clock that all have in common. */
const now = createTableClock(table);
const clock: Clock = { now, sleep: (ms, signal) => sleep(ms, undefined, { signal }) };

/** Warm across invocations: connections, tokens, what is known about each registry and repository. */
const streams = createStreams({ ...COPY_STREAMS, now: Date.now });
const registries = openRegistries({
  configuration,
  sqs,
  google: environment.FREIGHTLINER_GOOGLE_ENDPOINTS,
  onBusy: () => streams.slower(),
});
/** Repositories kept open at once: tokens of a token server are theirs. */
const OPEN_REPOSITORIES = 500;
const openSource = keptByKey(OPEN_REPOSITORIES, (name) =>
  createRegistrySource(registries.source(parseRepositoryName(name))),
);
/** A way to each destination for each of its queues: a backfill gives way to what was just pushed. */
const openTargets = new Map(queues.map((queue) => [queue.arn, targetsOf(queue)] as const));
const circuits = new Map(
  configuration.destinations.map(({ name, circuit }) => [name, circuitOf(name, { ...CIRCUIT, ...circuit })] as const),
);

function targetsOf({ destination, priority }: CopyQueue): (name: string) => ImageTarget {
  const most = configuration.destinations.find(({ name }) => name === destination)?.requestsPerSecond ?? 1;
  const rate = createRateLimit({
    store: stores.rates,
    key: destination,
    policy: { first: RATE_FIRST_PER_SECOND, most, burstMs: RATE_BURST_MS },
    clock,
    yields: priority === "backfill",
  });
  const endpointOf = registries.destination(destination, rate);
  return keptByKey(OPEN_REPOSITORIES, (name) => createRegistryTarget(endpointOf(parseRepositoryName(name))));
}

function circuitOf(key: string, settings: Parameters<typeof circuitPolicy>[0]): CircuitBreaker {
  return createCircuitBreaker({
    store: stores.circuits,
    key,
    policy: circuitPolicy(settings),
    now,
    random: Math.random,
    onChange(state) {
      if (state === "half-open") return;
      observer.count(state === "open" ? Metric.circuitsOpened : Metric.circuitsClosed, 1, key);
      observer.warn(state === "open" ? "Circuit opened" : "Circuit closed", { destination: key });
    },
  });
}

const fate = createMessageFate(sqs, queues, environment.FREIGHTLINER_DEAD_LETTERS);

const handle = createHandler({
  configuration,
  observer,
  now,
  memoryMegabytes: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  timeout: (ms) => AbortSignal.timeout(ms),
  defer: fate.defer,
  bury: fate.bury,
  receipts: stores.receipts,
  circuit: (destination) => known(circuits.get(destination), destination),
  open: ({ destination, from, to, delivery }) => ({
    source: openSource(from),
    target: known(openTargets.get(delivery.queueArn), delivery.queueArn)(to),
    tags: stores.tags,
    checkpoints: stores.checkpoints,
    scope: `${destination.name}/${to}`,
    message: delivery.messageId,
    owner: randomUUID(),
    leaseMs: (environment.FREIGHTLINER_LEASE_SECONDS ?? COPY_LEASE_SECONDS) * 1_000,
    maxAttempts: COPY_MAX_ATTEMPTS,
    sharing: { scope: destination.name, repository: to },
    streams,
    presence: "ask",
    referrers: true,
    sparse: configuration.sparseIndexes,
    clock,
    random: Math.random,
  }),
});

function known<T>(found: T | undefined, name: string): T {
  if (found === undefined) throw new Error(`${name} is not in the configuration; deploy the stack again`);
  return found;
}

/** The message is not done: SQS must keep it, to be shown when its visibility ends. */
class KeptMessage extends Error {
  override readonly name = "KeptMessage";
}

/**
 * Invoked by the SQS event source; answers which messages to keep (ReportBatchItemFailures). The deadline is our own:
 * middy's early timeout would answer while a copy is still noting how far it came.
 */
export const handler = middy<SQSEvent>({ timeoutEarlyInMillis: 0 })
  .use(middlewares)
  .handler((event: SQSEvent, context: Context) => {
    const processor = new BatchProcessor(EventType.SQS);
    const copy = async (record: SQSRecord): Promise<void> => {
      const fate = await handle(toDelivery(record), context.getRemainingTimeInMillis());
      if (fate === "kept") throw new KeptMessage(record.messageId);
    };
    return processPartialResponse(event, copy, processor, { context, throwOnFullBatchFailure: false });
  });
