import { ECRClient } from "@aws-sdk/client-ecr";
import { randomUUID } from "node:crypto";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import * as z from "zod";
import type { Context } from "aws-lambda";
import { clientLimits } from "../../src/aws/client/client-limits.ts";
import { createBacklogReader } from "../../src/aws/sqs/backlog.ts";
import { createCopyRequestSender } from "../../src/aws/sqs/copy-request-sender.ts";
import { createQueueStateSetter } from "../../src/aws/event-source-mappings.ts";
import { createChain } from "../../src/aws/chain/chain.ts";
import { readReceipts } from "../../src/aws/dynamodb/receipts.ts";
import { createTableClock } from "../../src/aws/dynamodb/table-clock.ts";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { ReconcileEnvironment } from "../../src/contract/stack/environment.ts";
import { rulesOf } from "../../src/replication/rules/evaluate-rules.ts";
import { perConfiguration } from "../../src/reload/configuration-feed.ts";
import { openConfiguration } from "../../src/wiring/open-configuration.ts";
import { openOverrides } from "../../src/wiring/open-overrides.ts";
import { openDeployment } from "../../src/wiring/operations/open-deployment.ts";
import { systemClock } from "../../src/async/system-clock.ts";
import { openRegistries } from "../../src/wiring/open-registries.ts";
import { withRates } from "../../src/wiring/destination-rate.ts";
import { checkListing } from "../../src/wiring/check-access.ts";
import { AccessCheckCall } from "../../src/wiring/calls/access-report.ts";
import { openStateStores, openTableClient } from "../../src/wiring/operations/state-stores.ts";
import { UndeleteCall } from "../../src/wiring/calls/undelete-call.ts";
import type { UndeleteReport } from "../../src/wiring/calls/undelete-call.ts";
import { createSourceCatalog } from "../../src/wiring/listings/source-catalog.ts";
import { createRepositoryPauses } from "../../src/replication/holds/paused-repositories.ts";
import { createTargetInventory } from "../../src/wiring/listings/target-inventory.ts";
import { createHandler } from "./handler.ts";
import type { ReconcileDependencies } from "./reconcile-dependencies.ts";

const environment = ReconcileEnvironment.parse(process.env);
const { parts, queues, functionName } = openDeployment(environment);
const { observer, middlewares } = createChain("reconcile", environment.FREIGHTLINER_STACK);
const table = openTableClient();
const feed = await openConfiguration(environment, process.env, observer, { table });
const sqs = new SQSClient(clientLimits());
const google = environment.FREIGHTLINER_GOOGLE_ENDPOINTS;
const registriesOf = openRegistries({ sqs, google });
const stores = openStateStores(table, environment.FREIGHTLINER_TABLE);
const { tags, cycles, backfills, circuits, queuePauses, rates, deletions, receipts } = stores;
/** Longest wait of a listing for a slot of the destination's rate, in milliseconds. A comparison cannot be re-queued, so it waits here. */
const LISTING_WAIT_MS = 60_000;
/** An operator waits for the undo of a deletion: at most this long for the rate, in milliseconds. */
const UNDELETE_WAIT_MS = 20_000;
/** Receipts of a tag that are searched for its deletion. */
const UNDELETE_RECEIPTS = 50;
const clock = { ...systemClock, now: createTableClock(table) };
const setQueueState = createQueueStateSetter({
  client: new LambdaClient(clientLimits()),
  functionName: functionName("copy"),
  queues: queues.copies,
  concurrency: environment.FREIGHTLINER_CONCURRENCY,
});

const ecr = new ECRClient({ ...clientLimits(), region: parts.source.region });
const lasting = {
  deletions,
  receipts,
  clock,
  tags,
  cycles,
  backfills,
  circuits,
  queuePauses,
  pauses: createRepositoryPauses(stores.pausedRepositories, Date.now),
  send: createCopyRequestSender(sqs, queues.copies, "backfill"),
  backlog: createBacklogReader(sqs, queues.copies),
  resumeQueues: (destination: string, signal: AbortSignal) =>
    setQueueState(destination, { concurrency: undefined }, signal),
  owner: randomUUID(),
  now: Date.now,
  timeout: (ms: number) => AbortSignal.timeout(ms),
  observer,
} satisfies Partial<ReconcileDependencies>;

const handlerOf = perConfiguration((configuration) => {
  const { destinations } = configuration;
  const options = { store: rates, clock, yields: true, maxWaitMs: LISTING_WAIT_MS };
  const registries = registriesOf(configuration);
  const rated = withRates(registries, destinations, options);
  const catalog = createSourceCatalog(configuration, registries, google?.artifactRegistry);
  return createHandler({
    configuration,
    catalog,
    sourceTag: catalog.sourceTag,
    ...lasting,
    overrides: openOverrides(configuration.source, ecr, observer),
    ...createTargetInventory(destinations, rated, google?.artifactRegistry),
  });
});

/** The input of a scheduled invocation, and of a job. */
const Call = z.object({
  schedule: z.string().optional(),
  job: z.object({ repository: z.string().optional() }).optional(),
});

async function undelete(
  call: UndeleteCall,
  configuration: Configuration,
  signal: AbortSignal,
): Promise<UndeleteReport> {
  const { undeleteTag } = await import("./undelete-tag.ts");
  const { destinations } = configuration;
  const options = { store: rates, clock, yields: false, maxWaitMs: UNDELETE_WAIT_MS };
  const rated = withRates(registriesOf(configuration), destinations, options);
  const dependencies = {
    configuration,
    tags,
    deletions,
    receipts: (key: string) =>
      readReceipts({ client: table, table: environment.FREIGHTLINER_TABLE }, key, UNDELETE_RECEIPTS, signal),
    target: createTargetInventory(destinations, rated, google?.artifactRegistry).target,
    now: () => clock.now(),
    owner: randomUUID(),
    observer,
  };
  return undeleteTag(call.undelete, dependencies, signal);
}

/** Invoked every minute by a schedule, and resumes where the last invocation stopped; by `freightliner doctor`, and by `undelete`. */
export const handler = middy({ timeoutEarlyInMillis: 0 })
  .use(middlewares)
  .handler(async (event: unknown, context: Context, { signal }) => {
    const configuration = await feed.current(signal);
    if (AccessCheckCall.safeParse(event).success) {
      const catalog = createSourceCatalog(configuration, registriesOf(configuration), google?.artifactRegistry);
      return checkListing(catalog, (name) => rulesOf(name, configuration.rules).length > 0, signal);
    }
    const call = UndeleteCall.safeParse(event).data;
    if (call !== undefined) return undelete(call, configuration, signal);
    const handle = handlerOf(configuration);
    const { schedule, job } = Call.safeParse(event).data ?? {};
    return handle(context.getRemainingTimeInMillis(), schedule, job);
  });
