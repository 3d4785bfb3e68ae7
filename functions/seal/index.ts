import { randomUUID } from "node:crypto";
import { KMSClient } from "@aws-sdk/client-kms";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { clientLimits } from "../../src/aws/client/client-limits.ts";
import { createDynamoDbSealStore } from "../../src/aws/dynamodb/seal-store.ts";
import { createKmsSigner } from "../../src/aws/kms/kms-signer.ts";
import { createChain } from "../../src/aws/chain/chain.ts";
import { SealEnvironment } from "../../src/contract/stack/environment.ts";
import { RECEIPT_KEEP_DAYS } from "../../src/contract/stack/limits.ts";
import { openTableClient } from "../../src/wiring/operations/state-stores.ts";
import { createHandler } from "./handler.ts";

const environment = SealEnvironment.parse(process.env);
const { observer, middlewares } = createChain("seal", environment.FREIGHTLINER_STACK);
/** What a batch may still take, in milliseconds. */
const BATCH_MS = 30_000;

const handle = createHandler({
  store: createDynamoDbSealStore({ client: openTableClient(), table: environment.FREIGHTLINER_TABLE }),
  signer: createKmsSigner(new KMSClient(clientLimits()), environment.FREIGHTLINER_RECEIPT_KEY),
  destinations: environment.FREIGHTLINER_PARTS.destinations,
  keepMs: RECEIPT_KEEP_DAYS * 86_400_000,
  newName: randomUUID,
  now: Date.now,
  observer,
});

/** Invoked by a schedule. */
export const handler = middy()
  .use(middlewares)
  .handler(async (_event: unknown, context: Context, { signal }) =>
    handle(() => context.getRemainingTimeInMillis() > BATCH_MS, signal),
  );
