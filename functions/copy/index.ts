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
import { createEcrSource } from "../../src/aws/ecr-source.ts";
import { createMessageFate } from "../../src/aws/message-fate.ts";
import { createObserver } from "../../src/aws/observer.ts";
import type { Destination } from "../../src/contract/configuration.ts";
import { CopyEnvironment } from "../../src/contract/environment.ts";
import {
  CHECKPOINT_KEEP_DAYS,
  COPY_LEASE_SECONDS,
  COPY_MAX_ATTEMPTS,
  COPY_STREAMS,
} from "../../src/contract/limits.ts";
import { createFederatedCredentials } from "../../src/google/federated-credentials.ts";
import { parseRegistryHost } from "../../src/oci/reference.ts";
import { createConnections } from "../../src/registry/connections.ts";
import { fixedCredentials } from "../../src/registry/credentials.ts";
import type { CredentialsSource } from "../../src/registry/credentials.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import { Checkpoint } from "../../src/replication/checkpoint.ts";
import type { Clock } from "../../src/replication/clock.ts";
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
const connections = createConnections();
const clock: Clock = { now: Date.now, sleep: (ms, signal) => sleep(ms, undefined, { signal }) };

const openSource = createEcrSource({
  registry: configuration.source,
  credentials: createEcrCredentials(new ECRClient({ region: configuration.source.region })),
  connections,
});

/** The writer's credentials of each destination: federated where the configuration says how, else anonymous. */
const credentials = new Map(
  configuration.destinations.map((destination) => [destination.name, credentialsOf(destination)]),
);

function credentialsOf({ federation }: Destination): CredentialsSource {
  if (federation === undefined) return fixedCredentials({ kind: "anonymous" });
  return createFederatedCredentials({
    ...federation,
    stsUrl: environment.FREIGHTLINER_STS_URL,
    iamCredentialsUrl: environment.FREIGHTLINER_IAM_CREDENTIALS_URL,
    aws: {
      getAwsRegion: () => sqs.config.region(),
      async getAwsSecurityCredentials() {
        const { accessKeyId, secretAccessKey, sessionToken: token } = await sqs.config.credentials();
        return token === undefined ? { accessKeyId, secretAccessKey } : { accessKeyId, secretAccessKey, token };
      },
    },
  });
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
  defer: fate.defer,
  bury: fate.bury,
  open: ({ destination, from, to, messageId }) => ({
    source: openSource(from),
    target: createRegistryTarget({
      side: "target",
      registry: parseRegistryHost(destination.registry),
      repository: to,
      plainHttp: destination.plainHttp,
      credentials: credentials.get(destination.name) ?? fixedCredentials({ kind: "anonymous" }),
      connections,
    }),
    tags,
    checkpoints,
    scope: `${destination.name}/${to}`,
    message: messageId,
    owner: randomUUID(),
    leaseMs: (environment.FREIGHTLINER_LEASE_SECONDS ?? COPY_LEASE_SECONDS) * 1_000,
    maxAttempts: COPY_MAX_ATTEMPTS,
    streams: COPY_STREAMS,
    presence: "ask",
    referrers: true,
    clock,
    random: Math.random,
  }),
});

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
