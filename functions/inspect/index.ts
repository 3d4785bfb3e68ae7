import { ECRClient } from "@aws-sdk/client-ecr";
import { SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { randomUUID } from "node:crypto";
import { systemClock } from "../../src/async/system-clock.ts";
import { createChain } from "../../src/aws/chain/chain.ts";
import { clientLimits } from "../../src/aws/client/client-limits.ts";
import { createTableClock } from "../../src/aws/dynamodb/table-clock.ts";
import { createCopyRequestSender } from "../../src/aws/sqs/copy-request-sender.ts";
import { InspectEnvironment } from "../../src/contract/stack/environment.ts";
import { perConfiguration } from "../../src/reload/configuration-feed.ts";
import { listJobs } from "../../src/replication/jobs/job-book.ts";
import { createSourceFacts } from "../../src/replication/rules/source-facts.ts";
import { createMemoryRecordStore } from "../../src/replication/state/memory-record-store.ts";
import { createSignatureVerifier } from "../../src/signatures/signature-verifier.ts";
import { withRates } from "../../src/wiring/destination-rate.ts";
import { openConfiguration } from "../../src/wiring/open-configuration.ts";
import { openRegistries } from "../../src/wiring/open-registries.ts";
import { openJobStores } from "../../src/wiring/operations/job-stores.ts";
import { openDeployment } from "../../src/wiring/operations/open-deployment.ts";
import { openStateStores, openTableClient } from "../../src/wiring/operations/state-stores.ts";
import { sidesThrough } from "../../src/wiring/planning/sides-through.ts";
import { createHandler } from "./handler.ts";

const environment = InspectEnvironment.parse(process.env);
const { parts, queues } = openDeployment(environment);
const { observer, middlewares } = createChain("inspect", environment.FREIGHTLINER_STACK);
const table = openTableClient();
const feed = await openConfiguration(environment, process.env, observer, { table });
const sqs = new SQSClient(clientLimits());
const google = environment.FREIGHTLINER_GOOGLE_ENDPOINTS;
const registriesOf = openRegistries({ sqs, google });
const ecr = new ECRClient({ ...clientLimits(), region: parts.source.region });
const { tags, deletions, backfills, rates } = openStateStores(table, environment.FREIGHTLINER_TABLE);
const { book, inspections } = openJobStores(table, environment.FREIGHTLINER_TABLE);
const clock = { ...systemClock, now: createTableClock(table) };
/** Longest wait for a slot of the destination's rate, in milliseconds: live pushes come first. */
const RATE_WAIT_MS = 60_000;
/** Images that are read at once. */
const PARALLEL_IMAGES = 16;

const lasting = {
  inspections,
  book: { list: (signal: AbortSignal) => listJobs(book, signal) },
  clock,
  newOwner: randomUUID,
  timeout: (ms: number) => AbortSignal.timeout(ms),
  observer,
  send: createCopyRequestSender(sqs, queues.copies, "backfill"),
};

const handlerOf = perConfiguration((configuration) => {
  const rate = { store: rates, clock, yields: true, maxWaitMs: RATE_WAIT_MS };
  const registries = withRates(registriesOf(configuration), configuration.destinations, rate);
  const sides = sidesThrough({ configuration, registries, ecr, apiUrl: google?.artifactRegistry, observer });
  const context = {
    configuration,
    sides,
    facts: createSourceFacts(sides.factSource, configuration.rules, Date.now),
    gatePorts: { verifier: createSignatureVerifier(), readScan: sides.readScan },
    stack: environment.FREIGHTLINER_STACK,
    all: false,
    parallel: PARALLEL_IMAGES,
    now: Date.now,
  };
  // What a plan spends of a budget stays in the memory of its invocation.
  return () =>
    createHandler({
      ...lasting,
      context: { ...context, records: { tags, deletions, backfills: createMemoryRecordStore(backfills) } },
    });
});

/** Invoked by the jobs function, and every minute by a schedule, to continue what is not over. */
export const handler = middy({ timeoutEarlyInMillis: 0 })
  .use(middlewares)
  .handler(async (event: unknown, context: Context, { signal }) => {
    const handle = handlerOf(await feed.current(signal))();
    return handle(event, context.getRemainingTimeInMillis());
  });
