import { SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { clientLimits } from "../../src/aws/client/client-limits.ts";
import { createCopyRequestSender } from "../../src/aws/sqs/copy-request-sender.ts";
import { createDynamoDbPushAcceptor } from "../../src/aws/dynamodb/push-acceptor.ts";
import { createChain } from "../../src/aws/chain/chain.ts";
import { correlationOf } from "../../src/aws/chain/correlation.ts";
import { FanOutEnvironment } from "../../src/contract/stack/environment.ts";
import { perConfiguration } from "../../src/reload/configuration-feed.ts";
import { lazySecret } from "../../src/aws/secrets/lazy-secret.ts";
import { openTracing } from "../../src/tracing/open-tracing.ts";
import { openConfiguration } from "../../src/wiring/open-configuration.ts";
import { openDeployment } from "../../src/wiring/operations/open-deployment.ts";
import { openStateStores, openTableClient } from "../../src/wiring/operations/state-stores.ts";
import { createHandler } from "./handler.ts";
import { traceEvents } from "./trace-events.ts";

const environment = FanOutEnvironment.parse(process.env);
const { queues } = openDeployment(environment);
const stack = environment.FREIGHTLINER_STACK;
const { observer, middlewares } = createChain("fan-out", stack, { tracing: () => tracing });
const tracing = await openTracing({
  service: "fan-out",
  stack,
  variables: process.env,
  readHeaders: lazySecret(process.env["FREIGHTLINER_TRACE_HEADERS_SECRET"]),
  observer,
});
const table = { client: openTableClient(), table: environment.FREIGHTLINER_TABLE };
const feed = await openConfiguration(environment, process.env, observer, { table: table.client });
const sqs = new SQSClient(clientLimits());
const send = createCopyRequestSender(sqs, queues.copies, "live");
// The queue of requests that leave concurrency and rate to live pushes.
const sendPreCopies = createCopyRequestSender(sqs, queues.copies, "backfill");
const { receipts, deletions } = openStateStores(table.client, table.table);
const pushes = createDynamoDbPushAcceptor(table);
const handlerOf = perConfiguration((configuration) =>
  traceEvents(
    createHandler({ configuration, send, sendPreCopies, pushes, receipts, deletions, now: Date.now, observer }),
    tracing?.tracer,
    correlationOf,
  ),
);

/** Invoked by EventBridge, once per event. After an error, Lambda retries the event twice, then sends it to the queue of undelivered events. */
export const handler = middy()
  .use(middlewares)
  .handler(async (event: unknown, context: Context, { signal }) => {
    const handle = handlerOf(await feed.current(signal));
    return handle(event, context.awsRequestId, signal);
  });
