import { CodeBuildClient } from "@aws-sdk/client-codebuild";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import { clientLimits } from "../../src/aws/client/client-limits.ts";
import { readAccountConcurrency } from "../../src/aws/account-concurrency.ts";
import { createQueueStateSetter } from "../../src/aws/event-source-mappings.ts";
import { createLongLaneStarter } from "../../src/aws/long-lane-starter.ts";
import { createChain } from "../../src/aws/chain/chain.ts";
import { createRepositoryPauses } from "../../src/replication/holds/paused-repositories.ts";
import { createTableClock } from "../../src/aws/dynamodb/table-clock.ts";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { ProbeEnvironment } from "../../src/contract/stack/environment.ts";
import { PROBE_REPOSITORY } from "../../src/contract/stack/limits.ts";
import { resourceName } from "../../src/contract/stack/names.ts";
import { parseRepositoryName } from "../../src/oci/reference.ts";
import { createDynamoDbPendingPushes } from "../../src/aws/dynamodb/pending-pushes.ts";
import { createAnnouncementSender } from "../../src/aws/sqs/announcement-sender.ts";
import { createCopyRequestSender } from "../../src/aws/sqs/copy-request-sender.ts";
import { imageBytes } from "../../src/replication/pending/image-bytes.ts";
import type { Registries } from "../../src/wiring/registries.ts";
import { systemClock } from "../../src/async/system-clock.ts";
import type { Endpoint } from "../../src/registry/client/endpoint.ts";
import { createRepositoryClient } from "../../src/registry/client/repository-client.ts";
import { readManifest } from "../../src/registry/manifests/fetch-manifest.ts";
import { probeWrites } from "../../src/registry/write-probe.ts";
import { perConfiguration } from "../../src/reload/configuration-feed.ts";
import { openConfiguration } from "../../src/wiring/open-configuration.ts";
import { openDeployment } from "../../src/wiring/operations/open-deployment.ts";
import { openRegistries } from "../../src/wiring/open-registries.ts";
import { withRates } from "../../src/wiring/destination-rate.ts";
import { checkRoom, checkShares, checkWriting } from "../../src/wiring/check-access.ts";
import { AccessCheckCall } from "../../src/wiring/calls/access-report.ts";
import type { AccessReport } from "../../src/wiring/calls/access-report.ts";
import { openStateStores, openTableClient } from "../../src/wiring/operations/state-stores.ts";
import { createHandler } from "./handler.ts";

const environment = ProbeEnvironment.parse(process.env);
const { parts, queues, functionName, stack, region } = openDeployment(environment);
const concurrency = environment.FREIGHTLINER_CONCURRENCY;
const { observer, middlewares } = createChain("probe", environment.FREIGHTLINER_STACK);
const table = openTableClient();
const feed = await openConfiguration(environment, process.env, observer, { table });
const sqs = new SQSClient(clientLimits());
const registriesOf = openRegistries({ sqs, google: environment.FREIGHTLINER_GOOGLE_ENDPOINTS });
const { circuits, queuePauses, pausedRepositories, rates } = openStateStores(table, environment.FREIGHTLINER_TABLE);
const clock = { ...systemClock, now: createTableClock(table) };
const lambda = new LambdaClient(clientLimits());
const setQueueState = createQueueStateSetter({
  client: lambda,
  functionName: functionName("copy"),
  queues: queues.copies,
  concurrency,
});
const pending = createDynamoDbPendingPushes({ client: table, table: environment.FREIGHTLINER_TABLE });
const announce = createAnnouncementSender(sqs, queues.announcements);
const resend = createCopyRequestSender(sqs, queues.copies, "backfill");
const pauses = createRepositoryPauses(pausedRepositories, Date.now);
const startLongLane = parts.longLane
  ? createLongLaneStarter({
      sqs,
      builds: new CodeBuildClient(clientLimits()),
      queues: queues.copies,
      project: resourceName("build", "long-lane", { stack, region }),
    })
  : undefined;

/** The endpoints that a configuration's destinations are probed at. */
function endpointsOf(configuration: Configuration, registries: Registries): ReadonlyMap<string, Endpoint> {
  const options = { store: rates, clock, yields: true };
  const rated = withRates(registries, configuration.destinations, options);
  return new Map(
    configuration.destinations.map(({ name, prefix }) => {
      const repository = parseRepositoryName(`${prefix}/${PROBE_REPOSITORY}`);
      return [name, rated.destination(name)(repository)] as const;
    }),
  );
}

const handlerOf = perConfiguration((configuration) => {
  const registries = registriesOf(configuration);
  const endpoints = endpointsOf(configuration, registries);
  return createHandler({
    configuration,
    circuits,
    queuePauses,
    async probe(destination, signal) {
      const endpoint = endpoints.get(destination);
      if (endpoint === undefined) throw new Error(`${destination} is not in the configuration; deploy the stack again`);
      await probeWrites(endpoint, signal);
    },
    setQueueState,
    startLongLane,
    pauses,
    pending,
    imageBytes(repository, reference, signal) {
      const client = createRepositoryClient(registries.source(parseRepositoryName(repository)));
      return imageBytes({ readManifest: (name, ending) => readManifest(client, name, ending) }, reference, signal);
    },
    resend,
    announce,
    fullConcurrency: concurrency.live,
    now: clock.now,
    timeout: (ms) => AbortSignal.timeout(ms),
    observer,
  });
});

/** Invoked once a minute by a schedule, and by `freightliner doctor`. */
export const handler = middy()
  .use(middlewares)
  .handler(async (event: unknown, _context, { signal }) => {
    const configuration = await feed.current(signal);
    if (!AccessCheckCall.safeParse(event).success) return handlerOf(configuration)(signal);
    const room = checkRoom(queues.copies, concurrency, () => readAccountConcurrency(lambda, signal));
    const writing = checkWriting(configuration, registriesOf(configuration), signal);
    return { checks: [...(await writing), await room, ...checkShares(configuration)] } satisfies AccessReport;
  });
