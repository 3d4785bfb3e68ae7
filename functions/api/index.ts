import middy from "@middy/core";
import { createChain } from "../../src/aws/chain/chain.ts";
import { signedCaller } from "../../src/api/protocol/caller.ts";
import { createApi } from "../../src/api/create-api.ts";
import { ApiVariables } from "../../src/contract/stack/environment.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { openConfiguration } from "../../src/wiring/open-configuration.ts";
import { jobsOf } from "../../src/wiring/operations/open-jobs.ts";
import { operationsOf } from "../../src/wiring/operations/open-operations.ts";
import { createStatusCache } from "../../src/wiring/operations/status-cache.ts";
import { createHandler } from "./handler.ts";

/** Time limit of a look at the external document, in milliseconds. */
const CONFIGURATION_MS = 5_000;

const environment = ApiVariables.parse(process.env);
const { FREIGHTLINER_STACK: stack, FREIGHTLINER_API: settings, FREIGHTLINER_RECEIPT_KEY: receiptKey } = environment;
const { observer, middlewares } = createChain("api", stack);
// Its requests have limits of their own: the function ends with its environment.
const operations = operationsOf(process.env, {}, new AbortController().signal);
const feed = await openConfiguration(environment, process.env, observer);
const jobs = environment.FREIGHTLINER_JOBS === undefined ? undefined : jobsOf(process.env, {}, operations.signal);
const api = createApi({
  ...settings,
  operations,
  status: createStatusCache(operations, Date.now),
  configuration: () => feed.current(AbortSignal.timeout(CONFIGURATION_MS)),
  jobs: () => Promise.resolve(jobs),
  receiptKey: readReceiptKey,
  callerOf: signedCaller,
  audit: (entry) => observer.info("API request that may change something", { ...entry }),
  failed(error, correlationId) {
    observer.error("API request failed", { correlationId, error: describeError(error) });
    observer.count(Metric.apiRequestsFailed, 1);
  },
  now: Date.now,
});
const respond = createHandler(api);

/** Few requests ask for it: the others load no client of KMS. */
async function readReceiptKey(): Promise<string | undefined> {
  if (receiptKey === undefined) return undefined;
  const { publicKeyOf } = await import("../../src/wiring/operations/receipt-key.ts");
  return publicKeyOf(receiptKey, {}, operations.signal);
}

/** Invoked by its function URL, with IAM. */
export const handler = middy()
  .use(middlewares)
  .handler(async (event: unknown) => respond(event));
