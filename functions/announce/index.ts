import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import middy from "@middy/core";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { clientLimits } from "../../src/aws/client/client-limits.ts";
import { createEventBus } from "../../src/aws/event-bus.ts";
import { createChain } from "../../src/aws/chain/chain.ts";
import { StackEnvironment } from "../../src/contract/stack/environment.ts";
import { createHandler } from "./handler.ts";

const { FREIGHTLINER_STACK: stack } = StackEnvironment.parse(process.env);
const { observer, middlewares } = createChain("announce", stack);
const handle = createHandler({ stack, put: createEventBus(new EventBridgeClient(clientLimits())), observer });

/** Invoked by the SQS event source; reports which messages to keep (Lambda developer guide, "Reporting batch item failures"). */
export const handler = middy<SQSEvent, SQSBatchResponse>()
  .use(middlewares)
  .handler(async ({ Records }, _context, { signal }) => {
    const kept = await handle(Records, signal);
    return { batchItemFailures: kept.map((itemIdentifier) => ({ itemIdentifier })) };
  });
