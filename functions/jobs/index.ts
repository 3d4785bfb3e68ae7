import { randomUUID } from "node:crypto";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { systemClock } from "../../src/async/system-clock.ts";
import { clientLimits } from "../../src/aws/client/client-limits.ts";
import { createPrunableRecords } from "../../src/aws/prune/prunable-records.ts";
import { createTableClock } from "../../src/aws/dynamodb/table-clock.ts";
import { createChain } from "../../src/aws/chain/chain.ts";
import { createCopyRequestSender } from "../../src/aws/sqs/copy-request-sender.ts";
import { invokeFunction } from "../../src/aws/synchronous-invocation.ts";
import { JobsEnvironment } from "../../src/contract/stack/environment.ts";
import { RECONCILE_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { listJobs, readJob } from "../../src/replication/jobs/job-book.ts";
import { openConfiguration } from "../../src/wiring/open-configuration.ts";
import { openJobStores } from "../../src/wiring/operations/job-stores.ts";
import { openDeployment } from "../../src/wiring/operations/open-deployment.ts";
import { openTableClient } from "../../src/wiring/operations/state-stores.ts";
import { createHandler } from "./handler.ts";

const environment = JobsEnvironment.parse(process.env);
const { parts, queues, functionName } = openDeployment(environment);
const { observer, middlewares } = createChain("jobs", environment.FREIGHTLINER_STACK);
const table = openTableClient();
const feed = await openConfiguration(environment, process.env, observer, { table });
const lambda = new LambdaClient(clientLimits(RECONCILE_TIMEOUT_SECONDS * 1_000));
const { book, runs } = openJobStores(table, environment.FREIGHTLINER_TABLE);

const lasting = {
  book: { get: (name: string, signal: AbortSignal) => readJob(book, name, signal) },
  runs,
  deployed: parts.destinations,
  jobs: async (signal: AbortSignal) => (await listJobs(book, signal)).map(({ job }) => job.name),
  records: createPrunableRecords({ client: table, table: environment.FREIGHTLINER_TABLE }),
  clock: { ...systemClock, now: createTableClock(table) },
  random: Math.random,
  observer,
  timeout: (ms: number) => AbortSignal.timeout(ms),
  newId: randomUUID,
  now: Date.now,
  send: createCopyRequestSender(new SQSClient(clientLimits()), queues.copies, "backfill"),
  inspect: (event: object, signal: AbortSignal) => invokeFunction(lambda, functionName("inspect"), event, signal),
  compare: (event: object, signal: AbortSignal) => invokeFunction(lambda, functionName("reconcile"), event, signal),
};

/** Invoked by the schedules of jobs, and by operators. */
export const handler = middy({ timeoutEarlyInMillis: 0 })
  .use(middlewares)
  .handler(async (event: unknown, context: Context, { signal }) => {
    const configuration = await feed.current(signal);
    return createHandler({ ...lasting, configuration })(event, context.getRemainingTimeInMillis());
  });
