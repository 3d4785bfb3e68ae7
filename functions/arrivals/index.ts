import { LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import middy from "@middy/core";
import { createAsynchronousInvocation } from "../../src/aws/asynchronous-invocation.ts";
import { clientLimits } from "../../src/aws/client/client-limits.ts";
import { createChain } from "../../src/aws/chain/chain.ts";
import { createSecretReader } from "../../src/aws/secrets/secret.ts";
import { createSharedSecretCheck } from "../../src/aws/secrets/shared-secret.ts";
import type { Arrivals } from "../../src/contract/source/source-document.ts";
import { ArrivalsEnvironment } from "../../src/contract/stack/environment.ts";
import { resourceName } from "../../src/contract/stack/names.ts";
import { createPushTokenCheck } from "../../src/google/push-token.ts";
import { readPubSub } from "../../src/replication/arrivals/pub-sub.ts";
import { readWebhook } from "../../src/replication/arrivals/webhook.ts";
import { readDeployed } from "../../src/wiring/open-configuration.ts";
import { createHandler } from "./handler.ts";
import type { ArrivalsDependencies } from "./handler.ts";

const environment = ArrivalsEnvironment.parse(process.env);
const { FREIGHTLINER_STACK: stack, FREIGHTLINER_PARTS: parts } = environment;
const { observer, middlewares } = createChain("arrivals", stack);
// A reload cannot change the source.
const { source } = (await readDeployed(environment, process.env)).configuration;
const fanOut = resourceName("function", "fan-out", { stack, region: parts.source.region });
const place = { registry: source.access.registry, prefix: source.prefix };

function senderOf(arrivals: Arrivals): Pick<ArrivalsDependencies, "isAuthentic" | "read"> {
  if (arrivals.kind === "pubSub") {
    const keysUrl = environment.FREIGHTLINER_GOOGLE_ENDPOINTS?.keys;
    const isValid = createPushTokenCheck({ ...arrivals, keysUrl });
    return {
      async isAuthentic({ headers }, signal) {
        const [scheme, token = ""] = (headers["authorization"] ?? "").split(" ", 2);
        return scheme?.toLowerCase() === "bearer" && isValid(token, signal);
      },
      read: (body) => [readPubSub(body, place, Date.now())],
    };
  }
  const region = arrivals.secret.split(":")[3] ?? "";
  const readSecret = createSecretReader(new SecretsManagerClient({ ...clientLimits(), region }), arrivals.secret);
  return {
    isAuthentic: createSharedSecretCheck(readSecret, Date.now),
    read: (body, { id, headers }) => readWebhook({ body, id, headers }, arrivals.format, place, Date.now()),
  };
}

if (source.arrivals === undefined) throw new Error("the source has no arrivals; deploy the stack again");
const handle = createHandler({
  ...senderOf(source.arrivals),
  forward: createAsynchronousInvocation(new LambdaClient(clientLimits()), fanOut),
  observer,
});

/** Invoked by its function URL. An error becomes the answer 502, after which senders try again. */
export const handler = middy()
  .use(middlewares)
  .handler(async (event: unknown, _context, { signal }) => handle(event, signal));
