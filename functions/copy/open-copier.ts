import { randomUUID } from "node:crypto";
import { SQSClient } from "@aws-sdk/client-sqs";
import type * as z from "zod";
import { clientLimits } from "../../src/aws/client/client-limits.ts";
import { createCopyRequestSender } from "../../src/aws/sqs/copy-request-sender.ts";
import { createLongLaneQueue } from "../../src/aws/sqs/long-lane-queue.ts";
import { createDeadLetterSender } from "../../src/aws/sqs/dead-letter-sender.ts";
import { createDeferral } from "../../src/aws/sqs/message-visibility.ts";
import { createTableClock } from "../../src/aws/dynamodb/table-clock.ts";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { CopyEnvironment } from "../../src/contract/stack/environment.ts";
import { COPY_LEASE_SECONDS, COPY_STREAMS, LONG_VISIBILITY_SECONDS } from "../../src/contract/stack/limits.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { queueByArn } from "../../src/contract/stack/queues.ts";
import type { Clock } from "../../src/async/clock.ts";
import { systemClock } from "../../src/async/system-clock.ts";
import { createUploadConcurrency } from "../../src/replication/pacing/upload-concurrency.ts";
import { createCopyWiring } from "../../src/wiring/copy-wiring.ts";
import { openDeployment } from "../../src/wiring/open-deployment.ts";
import { openRegistries } from "../../src/wiring/open-registries.ts";
import { openStateStores, openTableClient } from "../../src/wiring/state-stores.ts";
import { createHandler } from "./handler.ts";

/** Where copies run: in the function, which hands over what takes too long; or in a build of the long lane. */
export type Lane = "function" | "long";

type CopierEnvironment = z.output<typeof CopyEnvironment>;

/** What carries out copies, from what the environment says: the same in every lane. */
export async function openCopier(variables: NodeJS.ProcessEnv, lane: Lane, observer: Observer) {
  const environment = CopyEnvironment.parse(variables);
  const { configuration, queues } = await openDeployment(environment);
  const sqs = new SQSClient(clientLimits());
  const { wiring, receipts, now } = openWiring(environment, configuration, sqs, observer);
  const hasLongLane = lane === "function" && configuration.longLane;
  const send = createCopyRequestSender(sqs, queues.copies, "long");
  const handle = createHandler({
    configuration,
    observer,
    now,
    memoryMegabytes: lane === "long" ? "build" : environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    timeout: (ms) => AbortSignal.timeout(ms),
    defer: createDeferral(sqs, queues.copies),
    bury: createDeadLetterSender(sqs, queues.deadLetters),
    sendToLongLane: hasLongLane ? (request, signal) => send([request], signal) : undefined,
    receipts,
    serves: ({ queueArn }, destination) => queueByArn(queues.copies, queueArn)?.destination === destination,
    circuit: (destination) => wiring.circuit(destination),
    priority: ({ queueArn }) => queueByArn(queues.copies, queueArn)?.priority,
    open({ delivery, ...route }) {
      const { priority } = known(queueByArn(queues.copies, delivery.queueArn), delivery.queueArn);
      // What takes hours gives way to what was just pushed.
      const way = {
        ...route,
        message: delivery.messageId,
        priority: priority === "live" ? priority : "backfill",
      } as const;
      const context = wiring.open(way);
      return { ...context, uploads: { ...context.uploads, isLong: lane === "long" } };
    },
  });
  const visibilitySeconds = environment.FREIGHTLINER_LONG_VISIBILITY_SECONDS ?? LONG_VISIBILITY_SECONDS;
  const longQueues = queues.copies
    .filter(({ priority }) => priority === "long")
    .map((queue) => createLongLaneQueue(sqs, queue, visibilitySeconds));
  return { handle, longQueues, visibilitySeconds };
}

/** Warm across deliveries: connections, tokens, what is known about each registry and repository. */
function openWiring(environment: CopierEnvironment, configuration: Configuration, sqs: SQSClient, observer: Observer) {
  const table = openTableClient();
  const stores = openStateStores(table, environment.FREIGHTLINER_TABLE);
  const now = createTableClock(table);
  const clock: Clock = { ...systemClock, now };
  const streams = createUploadConcurrency({ ...COPY_STREAMS, now: Date.now });
  const registries = openRegistries({
    configuration,
    sqs,
    google: environment.FREIGHTLINER_GOOGLE_ENDPOINTS,
    onBusy: () => streams.backOff(),
  });
  const leaseMs = (environment.FREIGHTLINER_LEASE_SECONDS ?? COPY_LEASE_SECONDS) * 1_000;
  const own = { random: Math.random, createOwner: randomUUID, leaseMs, observer };
  const wiring = createCopyWiring({ configuration, registries, stores, streams, clock, ...own });
  return { wiring, receipts: stores.receipts, now };
}

function known<T>(found: T | undefined, name: string): T {
  if (found === undefined) throw new Error(`${name} is not in the configuration; deploy the stack again`);
  return found;
}
