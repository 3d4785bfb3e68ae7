import { ECRClient } from "@aws-sdk/client-ecr";
import { SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import { systemClock } from "../../src/async/system-clock.ts";
import { clientLimits } from "../../src/aws/client/client-limits.ts";
import { createChain } from "../../src/aws/chain/chain.ts";
import { readReceipts } from "../../src/aws/dynamodb/receipts.ts";
import { createTableClock } from "../../src/aws/dynamodb/table-clock.ts";
import { deleteEcrImage } from "../../src/aws/ecr/ecr-image-deletion.ts";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { CanaryEnvironment } from "../../src/contract/stack/environment.ts";
import { CANARY_TAG } from "../../src/contract/stack/limits.ts";
import { parseRepositoryName, parseTag } from "../../src/oci/reference.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import { perConfiguration } from "../../src/reload/configuration-feed.ts";
import { withRates } from "../../src/wiring/destination-rate.ts";
import { openConfiguration } from "../../src/wiring/open-configuration.ts";
import { openRegistries } from "../../src/wiring/open-registries.ts";
import { openStateStores, openTableClient } from "../../src/wiring/operations/state-stores.ts";
import { pushCanary } from "../../src/replication/canary/push-canary.ts";
import { createHandler } from "./handler.ts";

const environment = CanaryEnvironment.parse(process.env);
const { observer, middlewares } = createChain("canary", environment.FREIGHTLINER_STACK);
const table = openTableClient();
const at = { client: table, table: environment.FREIGHTLINER_TABLE };
const feed = await openConfiguration(environment, process.env, observer, { table });
const registriesOf = openRegistries({
  sqs: new SQSClient(clientLimits()),
  google: environment.FREIGHTLINER_GOOGLE_ENDPOINTS,
});
const { canaries, rates } = openStateStores(table, environment.FREIGHTLINER_TABLE);
const clock = { ...systemClock, now: createTableClock(table) };
const TAG = parseTag(CANARY_TAG);
/** Receipts of one tag that are read: those of the pushes and comparisons since the canary, and some more. */
const MOST_RECEIPTS = 20;

const handlerOf = perConfiguration((configuration: Configuration) => {
  const { account, region } = configuration.source;
  const repository = parseRepositoryName(configuration.stack.canary?.repository ?? "canary");
  const registries = registriesOf(configuration);
  const rated = withRates(registries, configuration.destinations, { store: rates, clock, yields: true });
  const source = createRegistryTarget(registries.source(repository));
  const ecr = new ECRClient({ ...clientLimits(), region });
  return createHandler({
    configuration,
    canaries,
    receipts: (record, signal) => readReceipts(at, record, MOST_RECEIPTS, signal),
    resolve: (destination, name, signal) =>
      createRegistryTarget(rated.destination(destination)(name)).resolve(TAG, signal),
    pushedTag: async (signal) => (await source.resolve(TAG, signal))?.digest,
    push: (image, signal) => pushCanary(source, image, TAG, signal),
    remove: (digest, signal) =>
      deleteEcrImage(ecr, { registryId: account, repositoryName: repository }, digest, signal),
    now: clock.now,
    timeout: (ms) => AbortSignal.timeout(ms),
    observer,
  });
});

/** Invoked once a minute by a schedule. */
export const handler = middy()
  .use(middlewares)
  .handler(async (_event: unknown, _context, { signal }) => handlerOf(await feed.current(signal))(signal));
