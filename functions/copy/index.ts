import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ECRClient } from "@aws-sdk/client-ecr";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import middy from "@middy/core";
import type { Context, SQSEvent, SQSRecord } from "aws-lambda";
import { createDynamoDbRecordStore } from "../../src/aws/dynamodb-record-store.ts";
import { createEcrCredentials } from "../../src/aws/ecr-credentials.ts";
import { createMessageFate } from "../../src/aws/message-fate.ts";
import { createObserver } from "../../src/aws/observer.ts";
import { roleOf } from "../../src/aws/role.ts";
import { destinationAccess, sourceAccess } from "../../src/contract/configuration.ts";
import { CopyEnvironment } from "../../src/contract/environment.ts";
import {
  CHECKPOINT_KEEP_DAYS,
  COPY_LEASE_SECONDS,
  COPY_MAX_ATTEMPTS,
  COPY_STREAMS,
} from "../../src/contract/limits.ts";
import { keptByKey } from "../../src/contract/kept.ts";
import type { Login, RegistryAccess } from "../../src/contract/provider.ts";
import { createFederatedCredentials } from "../../src/google/federated-credentials.ts";
import type { ImageTarget } from "../../src/oci/image-target.ts";
import { parseRepositoryName } from "../../src/oci/reference.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import type { Side } from "../../src/oci/registry-error.ts";
import { createConnections } from "../../src/registry/connections.ts";
import { fixedCredentials } from "../../src/registry/credentials.ts";
import type { CredentialsSource } from "../../src/registry/credentials.ts";
import type { Endpoint } from "../../src/registry/endpoint.ts";
import { createRegistrySource } from "../../src/registry/registry-source.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import { createTraffic } from "../../src/registry/traffic.ts";
import { Checkpoint } from "../../src/replication/checkpoint.ts";
import type { Clock } from "../../src/replication/clock.ts";
import { createStreams } from "../../src/replication/streams.ts";
import { TagRecord } from "../../src/replication/tag-record.ts";
import { toDelivery } from "./delivery.ts";
import { createHandler } from "./handler.ts";

const environment = CopyEnvironment.parse(process.env);
const configuration = environment.FREIGHTLINER_CONFIGURATION;
const table = environment.FREIGHTLINER_TABLE;
const { observer, middlewares } = createObserver("copy");

const sqs = new SQSClient({});
const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
  marshallOptions: { removeUndefinedValues: true },
});
const clock: Clock = { now: Date.now, sleep: (ms, signal) => sleep(ms, undefined, { signal }) };

/** Warm across invocations: connections, tokens, what is known about each registry and repository. */
const connections = createConnections();
const streams = createStreams({ ...COPY_STREAMS, now: Date.now });
/** Repositories kept open at once: tokens of a token server are theirs. */
const OPEN_REPOSITORIES = 500;

const sourceEndpoint = endpointOf("source", sourceAccess(configuration.source));
const openSource = keptByKey(OPEN_REPOSITORIES, (name) =>
  createRegistrySource({ ...sourceEndpoint, repository: parseRepositoryName(name) }),
);
const openDestination = new Map(
  configuration.destinations.map((destination) => {
    const endpoint = endpointOf("target", destinationAccess(destination));
    const open = keptByKey(OPEN_REPOSITORIES, (name) =>
      createRegistryTarget({ ...endpoint, repository: parseRepositoryName(name) }),
    );
    return [destination.name, open] as const;
  }),
);

/** Everything about a registry but the repository. */
function endpointOf(side: Side, { login, ...access }: RegistryAccess): Omit<Endpoint, "repository"> {
  const traffic = createTraffic({ retryPolicies: configuration.retries, onBusy: () => streams.slower() });
  return { side, ...access, credentials: credentialsOf(login), connections, traffic };
}

function credentialsOf(login: Login): CredentialsSource {
  switch (login.kind) {
    case "anonymous":
      return fixedCredentials({ kind: "anonymous" });
    case "ecr":
      return createEcrCredentials(new ECRClient({ region: login.region }));
    case "google":
      return createFederatedCredentials({
        ...login.federation,
        stsUrl: environment.FREIGHTLINER_STS_URL,
        iamCredentialsUrl: environment.FREIGHTLINER_IAM_CREDENTIALS_URL,
        aws: roleOf(sqs),
      });
  }
}

const fate = createMessageFate(sqs, environment.FREIGHTLINER_QUEUES, environment.FREIGHTLINER_DEAD_LETTERS);
const tags = createDynamoDbRecordStore({ client: dynamo, table, kind: "TAG", schema: TagRecord });
const checkpoints = createDynamoDbRecordStore({
  client: dynamo,
  table,
  kind: "CONTENT",
  schema: Checkpoint,
  keepSeconds: CHECKPOINT_KEEP_DAYS * 86_400,
});

const handle = createHandler({
  configuration,
  observer,
  timeout: (ms) => AbortSignal.timeout(ms),
  defer: fate.defer,
  bury: fate.bury,
  open: ({ destination, from, to, messageId }) => ({
    source: openSource(from),
    target: openTarget(destination.name, to),
    tags,
    checkpoints,
    scope: `${destination.name}/${to}`,
    message: messageId,
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

function openTarget(destination: string, repository: RepositoryName): ImageTarget {
  const open = openDestination.get(destination);
  if (open === undefined) throw new Error(`destination ${destination} is not in the configuration`);
  return open(repository);
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
