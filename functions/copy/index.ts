import middy from "@middy/core";
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { createObserver } from "../../src/aws/observer.ts";
import { StackEnvironment } from "../../src/contract/stack/environment.ts";
import { toDelivery } from "./delivery.ts";
import { openCopier } from "./open-copier.ts";

const { observer, middlewares } = createObserver("copy", StackEnvironment.parse(process.env).FREIGHTLINER_STACK);
const { handle } = await openCopier(process.env, "function", observer);

/**
 * Invoked by the SQS event source; answers which messages to keep (Lambda developer guide, "Reporting batch item failures").
 * The deadline is our own: middy's early timeout would answer while a copy is still noting how far it came.
 */
export const handler = middy<SQSEvent, SQSBatchResponse>({ timeoutEarlyInMillis: 0 })
  .use(middlewares)
  .handler(async ({ Records }, context) => {
    const batchItemFailures: SQSBatchItemFailure[] = [];
    // One message at a time (the event source's batch size): a copy that is killed takes no other with it.
    for (const record of Records) {
      const fate = await handle(toDelivery(record), context.getRemainingTimeInMillis());
      if (fate === "kept") batchItemFailures.push({ itemIdentifier: record.messageId });
    }
    return { batchItemFailures };
  });
