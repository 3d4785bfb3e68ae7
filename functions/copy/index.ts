import { randomUUID } from "node:crypto";
import { SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { clientLimits } from "../../src/aws/client-limits.ts";
import { createMessageFate } from "../../src/aws/message-fate.ts";
import { createObserver } from "../../src/aws/observer.ts";
import { createTableClock } from "../../src/aws/table-clock.ts";
import { CopyEnvironment } from "../../src/contract/environment.ts";
import { COPY_LEASE_SECONDS, COPY_STREAMS } from "../../src/contract/limits.ts";
import { queueByArn } from "../../src/contract/queues.ts";
import type { Priority } from "../../src/contract/queues.ts";
import type { Clock } from "../../src/oci/clock.ts";
import { createStreams } from "../../src/replication/streams.ts";
import { createCopyWiring } from "../../src/wiring/copy-wiring.ts";
import { openDeployment } from "../../src/wiring/open-deployment.ts";
import { openRegistries } from "../../src/wiring/open-registries.ts";
import { openStateStores, openTableClient } from "../../src/wiring/state-stores.ts";
import { systemClock } from "../../src/registry/system-clock.ts";
import type { Delivery } from "./handler.ts";
import { toDelivery } from "./delivery.ts";
import { createHandler } from "./handler.ts";

const environment = CopyEnvironment.parse(process.env);
const { configuration, queues } = await openDeployment(environment);
const { observer, middlewares } = createObserver("copy");

const sqs = new SQSClient(clientLimits());
const table = openTableClient();
const stores = openStateStores(table, environment.FREIGHTLINER_TABLE);
const now = createTableClock(table);
const clock: Clock = { ...systemClock, now };

/** Warm across invocations: connections, tokens, what is known about each registry and repository. */
const streams = createStreams({ ...COPY_STREAMS, now: Date.now });
const registries = openRegistries({
  configuration,
  sqs,
  google: environment.FREIGHTLINER_GOOGLE_ENDPOINTS,
  onBusy: () => streams.slower(),
});
const wiring = createCopyWiring({
  configuration,
  registries,
  stores,
  streams,
  clock,
  random: Math.random,
  createOwner: randomUUID,
  leaseMs: (environment.FREIGHTLINER_LEASE_SECONDS ?? COPY_LEASE_SECONDS) * 1_000,
  observer,
});
const fate = createMessageFate(sqs, queues);

const handle = createHandler({
  configuration,
  observer,
  now,
  memoryMegabytes: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  timeout: (ms) => AbortSignal.timeout(ms),
  defer: fate.defer,
  bury: fate.bury,
  receipts: stores.receipts,
  serves: ({ queueArn }, destination) => queueByArn(queues.copies, queueArn)?.destination === destination,
  circuit: (destination) => wiring.circuit(destination),
  priority: priorityOf,
  open: ({ delivery, ...route }) =>
    wiring.open({
      ...route,
      message: delivery.messageId,
      priority: known(priorityOf(delivery), delivery.queueArn),
    }),
});

function priorityOf({ queueArn }: Delivery): Priority | undefined {
  return queueByArn(queues.copies, queueArn)?.priority;
}

function known<T>(found: T | undefined, name: string): T {
  if (found === undefined) throw new Error(`${name} is not in the configuration; deploy the stack again`);
  return found;
}

/**
 * Invoked by the SQS event source; answers which messages to keep (Lambda developer guide, "Reporting batch item failures").
 * The deadline is our own: middy's early timeout would answer while a copy is still noting how far it came.
 */
export const handler = middy<SQSEvent, SQSBatchResponse>({ timeoutEarlyInMillis: 0 })
  .use(middlewares)
  .handler(async ({ Records }, context) => {
    const batchItemFailures: SQSBatchItemFailure[] = [];
    // One message at a time (the event source's batch size): a copy that is killed takes no other with it.
    for (const record of Records) {
      const fate = await handle(toDelivery(record), context.getRemainingTimeInMillis());
      if (fate === "kept") batchItemFailures.push({ itemIdentifier: record.messageId });
    }
    return { batchItemFailures };
  });
