import { randomUUID } from "node:crypto";
import { ECRClient } from "@aws-sdk/client-ecr";
import { SQSClient } from "@aws-sdk/client-sqs";
import type * as z from "zod";
import { clientLimits } from "../../src/aws/client/client-limits.ts";
import { createEcrScans } from "../../src/aws/ecr/ecr-scan.ts";
import { createAnnouncementSender } from "../../src/aws/sqs/announcement-sender.ts";
import { createCopyRequestSender } from "../../src/aws/sqs/copy-request-sender.ts";
import { createLongLaneQueue } from "../../src/aws/sqs/long-lane-queue.ts";
import { createDeadLetterSender } from "../../src/aws/sqs/dead-letter-sender.ts";
import { createDeferral } from "../../src/aws/sqs/message-visibility.ts";
import { createDynamoDbPendingPushes } from "../../src/aws/dynamodb/pending-pushes.ts";
import { createTableClock } from "../../src/aws/dynamodb/table-clock.ts";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { CopyEnvironment } from "../../src/contract/stack/environment.ts";
import { COPY_LEASE_SECONDS, COPY_STREAMS, LONG_VISIBILITY_SECONDS } from "../../src/contract/stack/limits.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { queueByArn } from "../../src/contract/stack/queues.ts";
import type { FactSource } from "../../src/replication/rules/source-facts.ts";
import type { Clock } from "../../src/async/clock.ts";
import { systemClock } from "../../src/async/system-clock.ts";
import { createSignatureVerifier } from "../../src/signatures/signature-verifier.ts";
import { createUploadConcurrency } from "../../src/replication/pacing/upload-concurrency.ts";
import { createRepositoryPauses } from "../../src/replication/holds/paused-repositories.ts";
import { perConfiguration } from "../../src/reload/configuration-feed.ts";
import { createCopyWiring } from "../../src/wiring/copy-wiring.ts";
import type { CopyWiring } from "../../src/wiring/copy-wiring.ts";
import { createSourceCatalog } from "../../src/wiring/listings/source-catalog.ts";
import { openConfiguration } from "../../src/wiring/open-configuration.ts";
import { openOverrides } from "../../src/wiring/open-overrides.ts";
import { checkReading, checkWriting } from "../../src/wiring/check-access.ts";
import type { AccessCheckCall, AccessReport } from "../../src/wiring/calls/access-report.ts";
import { openDeployment } from "../../src/wiring/operations/open-deployment.ts";
import { openRegistries } from "../../src/wiring/open-registries.ts";
import { openStateStores, openTableClient } from "../../src/wiring/operations/state-stores.ts";
import type { Registries } from "../../src/wiring/registries.ts";
import type { ReplicateContext } from "../../src/replication/copy/copy-context.ts";
import type { Copies, CopyDependencies, Route } from "./copy-dependencies.ts";
import { createHandler } from "./handler.ts";

/** Where copies run: in the function, which hands images that are too large to the long lane, or in a build of the long lane. */
export type Lane = "function" | "long";

export interface CopierOptions extends Pick<CopyDependencies, "observer" | "tracer"> {
  readonly lane: Lane;
}

type CopierEnvironment = z.output<typeof CopyEnvironment>;

/** Opens the handlers of copy requests, as the environment configures them, for either lane. */
export async function openCopier(variables: NodeJS.ProcessEnv, { lane, ...telemetry }: CopierOptions) {
  const [environment, { observer }] = [CopyEnvironment.parse(variables), telemetry];
  const { parts, queues } = openDeployment(environment);
  const [table, sqs] = [openTableClient(), new SQSClient(clientLimits())];
  const feed = await openConfiguration(environment, variables, observer, { table });
  const { wiringOf, registriesOf, stores, now } = openWiring(environment, { sqs, table }, observer);
  const send = createCopyRequestSender(sqs, queues.copies, "long");
  const lasting: Omit<CopyDependencies, "configuration" | "copies"> = {
    ...telemetry,
    runtime: {
      now,
      timeout: (ms) => AbortSignal.timeout(ms),
      random: Math.random,
      memoryMegabytes: lane === "long" ? "build" : environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    },
    queue: {
      priority: ({ queueArn }) => queueByArn(queues.copies, queueArn)?.priority,
      serves: ({ queueArn }, destination) => queueByArn(queues.copies, queueArn)?.destination === destination,
      defer: createDeferral(sqs, queues.copies),
      announce: createAnnouncementSender(sqs, queues.announcements),
      sendToDeadLetters: createDeadLetterSender(sqs, queues.deadLetters),
      sendToLongLane: lane === "function" && parts.longLane ? (request, signal) => send([request], signal) : undefined,
    },
  };
  const handlerOf = perConfiguration((configuration) => {
    const { wiring, catalog } = wiringOf(configuration);
    const open = ({ delivery, ...route }: Route): ReplicateContext => {
      const queue = known(queueByArn(queues.copies, delivery.queueArn), delivery.queueArn);
      // Copies of the long lane take hours: like a backfill, they leave a part of the rate to live pushes.
      const priority = queue.priority === "live" ? "live" : "backfill";
      const context = wiring.open({ ...route, message: delivery.messageId, priority });
      return { ...context, uploads: { ...context.uploads, isLong: lane === "long" } };
    };
    const circuit = (destination: string) => wiring.circuit(destination);
    const ports = sourcePortsOf(configuration, { wiring, catalog }, observer);
    return createHandler({ configuration, ...lasting, copies: { open, circuit, ...stores, ...ports } });
  });
  const visibilitySeconds = environment.FREIGHTLINER_LONG_VISIBILITY_SECONDS ?? LONG_VISIBILITY_SECONDS;
  const longQueues = queues.copies
    .filter(({ priority }) => priority === "long")
    .map((queue) => createLongLaneQueue(sqs, queue, visibilitySeconds));
  return {
    /** The handler of one delivery, with the configuration in force. */
    currentHandler: async (signal: AbortSignal) => handlerOf(await feed.current(signal)),
    /** Checks what the role of the process may do at the registries. */
    checkAccess: async (call: AccessCheckCall, signal: AbortSignal): Promise<AccessReport> => {
      const configuration = await feed.current(signal);
      return checkAccess(call, configuration, registriesOf(configuration), signal);
    },
    longQueues,
    visibilitySeconds,
  };
}

/** Create it once per process: connections and credentials are shared by all configurations; a wiring caches tokens and the state of each registry. */
function openWiring(
  environment: CopierEnvironment,
  { sqs, table }: { readonly sqs: SQSClient; readonly table: ReturnType<typeof openTableClient> },
  observer: Observer,
) {
  const stores = openStateStores(table, environment.FREIGHTLINER_TABLE);
  const now = createTableClock(table);
  const clock: Clock = { ...systemClock, now };
  const streams = createUploadConcurrency({ ...COPY_STREAMS, now: Date.now });
  const registriesOf = openRegistries({
    sqs,
    google: environment.FREIGHTLINER_GOOGLE_ENDPOINTS,
    onBusy: () => streams.backOff(),
  });
  const leaseMs = (environment.FREIGHTLINER_LEASE_SECONDS ?? COPY_LEASE_SECONDS) * 1_000;
  const own = { random: Math.random, createOwner: randomUUID, leaseMs, observer };
  const google = environment.FREIGHTLINER_GOOGLE_ENDPOINTS;
  const wiringOf = (configuration: Configuration) => {
    const registries = registriesOf(configuration);
    return {
      wiring: createCopyWiring({ configuration, registries, stores, streams, clock, ...own }),
      catalog: createSourceCatalog(configuration, registries, google?.artifactRegistry),
    };
  };
  const { receipts, preCopyBudgets, images } = stores;
  const pauses = createRepositoryPauses(stores.pausedRepositories, now);
  const pending = createDynamoDbPendingPushes({ client: table, table: environment.FREIGHTLINER_TABLE });
  return { wiringOf, registriesOf, stores: { receipts, preCopyBudgets, images, pending, pauses }, now };
}

async function checkAccess(
  { repository }: AccessCheckCall,
  configuration: Configuration,
  registries: Registries,
  signal: AbortSignal,
): Promise<AccessReport> {
  const reading = repository === undefined ? [] : [checkReading(repository, registries, signal)];
  const [read, written] = await Promise.all([Promise.all(reading), checkWriting(configuration, registries, signal)]);
  return { checks: [...read, ...written] };
}

/** Facts for rules and gates, from the source registry and from ECR's API. */
function sourcePortsOf(
  { source }: Configuration,
  { wiring, catalog }: { readonly wiring: CopyWiring; readonly catalog: Pick<FactSource, "image" | "tags"> },
  observer: Observer,
): Pick<Copies, "factSource" | "gatePorts"> {
  const ecr = new ECRClient({ ...clientLimits(), region: source.region });
  return {
    factSource: {
      ...catalog,
      overrides: openOverrides(source, ecr, observer),
      manifest: (repository, reference, signal) => wiring.source(repository).readManifest(reference, signal),
    },
    gatePorts: { verifier: createSignatureVerifier(), readScan: createEcrScans(ecr, source.account) },
  };
}

function known<T>(found: T | undefined, name: string): T {
  if (found === undefined) throw new Error(`${name} is not in the configuration; deploy the stack again`);
  return found;
}
