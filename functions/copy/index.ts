import middy from "@middy/core";
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { createChain } from "../../src/aws/chain/chain.ts";
import { StackEnvironment } from "../../src/contract/stack/environment.ts";
import { lazySecret } from "../../src/aws/secrets/lazy-secret.ts";
import { openTracing } from "../../src/tracing/open-tracing.ts";
import { AccessCheckCall } from "../../src/wiring/calls/access-report.ts";
import type { AccessReport } from "../../src/wiring/calls/access-report.ts";
import { deliveryOf } from "./delivery-of.ts";
import { openCopier } from "./open-copier.ts";

const { FREIGHTLINER_STACK: stack } = StackEnvironment.parse(process.env);
const { observer, middlewares } = createChain("copy", stack, { tracing: () => tracing });
const tracing = await openTracing({
  service: "copy",
  stack,
  variables: process.env,
  readHeaders: lazySecret(process.env["FREIGHTLINER_TRACE_HEADERS_SECRET"]),
  observer,
});
const lane = { lane: "function", observer, tracer: tracing?.tracer } as const;
const { currentHandler, checkAccess } = await openCopier(process.env, lane);

/**
 * Invoked by the SQS event source, and by `freightliner doctor`; reports which messages to keep (Lambda developer guide, "Reporting batch item failures").
 * middy's early timeout is off: it would respond while a copy is still recording its outcome.
 */
export const handler = middy<SQSEvent | AccessCheckCall, SQSBatchResponse | AccessReport>({ timeoutEarlyInMillis: 0 })
  .use(middlewares)
  .handler(async (event, context, { signal }) => {
    if (!("Records" in event)) return checkAccess(AccessCheckCall.parse(event), signal);
    const batchItemFailures: SQSBatchItemFailure[] = [];
    const handle = await currentHandler(signal);
    // The event source has a batch size of 1, so that a killed invocation affects one copy only.
    for (const record of event.Records) {
      const fate = await handle(deliveryOf(record), context.getRemainingTimeInMillis());
      if (fate === "kept") batchItemFailures.push({ itemIdentifier: record.messageId });
    }
    return { batchItemFailures };
  });
