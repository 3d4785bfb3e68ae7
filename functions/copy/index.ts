import middy from "@middy/core";
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { createObserver } from "../../src/aws/observer.ts";
import { StackEnvironment } from "../../src/contract/stack/environment.ts";
import { deliveryOf } from "./delivery-of.ts";
import { openCopier } from "./open-copier.ts";

const { observer, middlewares } = createObserver("copy", StackEnvironment.parse(process.env).FREIGHTLINER_STACK);
const { currentHandler } = await openCopier(process.env, "function", observer);

/**
 * Invoked by the SQS event source; reports which messages to keep (Lambda developer guide, "Reporting batch item failures").
 * middy's early timeout is off: it would respond while a copy is still recording its outcome.
 */
export const handler = middy<SQSEvent, SQSBatchResponse>({ timeoutEarlyInMillis: 0 })
  .use(middlewares)
  .handler(async ({ Records }, context, { signal }) => {
    const batchItemFailures: SQSBatchItemFailure[] = [];
    const handle = await currentHandler(signal);
    // The event source has a batch size of 1, so that a killed invocation affects one copy only.
    for (const record of Records) {
      const fate = await handle(deliveryOf(record), context.getRemainingTimeInMillis());
      if (fate === "kept") batchItemFailures.push({ itemIdentifier: record.messageId });
    }
    return { batchItemFailures };
  });
