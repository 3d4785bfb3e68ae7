import { setTimeout as sleep } from "node:timers/promises";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import middy from "@middy/core";
import type { SNSEvent } from "aws-lambda";
import { clientLimits } from "../../src/aws/client/client-limits.ts";
import { createChain } from "../../src/aws/chain/chain.ts";
import { createSecretReader } from "../../src/aws/secrets/secret.ts";
import { NotifyEnvironment } from "../../src/contract/stack/environment.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import { openStateStores, openTableClient } from "../../src/wiring/operations/state-stores.ts";
import { createWebhook } from "../../src/wiring/webhook.ts";
import { NotificationError } from "../../src/replication/state/notification-record.ts";
import { createHandler } from "./handler.ts";

const environment = NotifyEnvironment.parse(process.env);
const { observer, middlewares } = createChain("notify", environment.FREIGHTLINER_STACK);
const { notifications } = openStateStores(openTableClient(), environment.FREIGHTLINER_TABLE);

const handle = createHandler({
  policy: environment.FREIGHTLINER_NOTIFY_OF,
  notifications,
  send: createWebhook({
    kind: environment.FREIGHTLINER_WEBHOOK_KIND,
    hosts: environment.FREIGHTLINER_WEBHOOK_HOSTS,
    connections: createConnections(),
    pause: (ms) => sleep(ms),
    // Not cached: alarms are rare, and a replaced URL takes effect at once.
    url: createSecretReader(new SecretsManagerClient(clientLimits()), environment.FREIGHTLINER_WEBHOOK_SECRET),
  }),
  now: Date.now,
  observer,
});

/** Invoked by SNS with CloudWatch alarms. @throws {NotificationError} so that Lambda retries, after one minute and after two. */
export const handler = middy<SNSEvent>()
  .use(middlewares)
  .handler(async (event: SNSEvent, _context, { signal }) => {
    const results = await handle(
      event.Records.map(({ Sns }) => Sns.Message),
      signal,
    );
    if (results.includes("failed"))
      throw new NotificationError("the webhook did not accept an alarm; Lambda retries it");
    return results;
  });
