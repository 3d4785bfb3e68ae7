import { SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import type { SQSBatchResponse } from "aws-lambda";
import * as z from "zod";
import { clientLimits } from "../../src/aws/client/client-limits.ts";
import { createChain } from "../../src/aws/chain/chain.ts";
import { createNotificationQueue } from "../../src/aws/sqs/notification-queue.ts";
import { NotifyEnvironment } from "../../src/contract/stack/environment.ts";
import { topicArnOf } from "../../src/contract/stack/names.ts";
import { perConfiguration } from "../../src/reload/configuration-feed.ts";
import { openChannels } from "../../src/wiring/open-channels.ts";
import { openConfiguration } from "../../src/wiring/open-configuration.ts";
import { openDeployment } from "../../src/wiring/operations/open-deployment.ts";
import { openStateStores, openTableClient } from "../../src/wiring/operations/state-stores.ts";
import { createHandler } from "./handler.ts";
import { sendDigest } from "./send-digest.ts";
import type { DigestResult } from "./send-digest.ts";

const environment = NotifyEnvironment.parse(process.env);
const { parts, queues, stack, region } = openDeployment(environment);
const { observer, middlewares } = createChain("notify", stack);
const table = openTableClient();
const feed = await openConfiguration(environment, process.env, observer, { table });
const queue = createNotificationQueue(new SQSClient(clientLimits()), queues.notifications);
const { notices, digests } = openStateStores(table, environment.FREIGHTLINER_TABLE);
const senderOf = openChannels((channel) => topicArnOf(`notify-${channel}`, { stack, region }, parts.source.account));
const telling = {
  notices,
  digests,
  send: (...[channel, message, signal]: Parameters<Parameters<typeof createHandler>[0]["send"]>) =>
    senderOf(channel)(message, signal),
  now: Date.now,
  observer,
};

const handlerOf = perConfiguration(({ rules, stack: { notifications: channels } }) =>
  createHandler({ ...telling, channels, rules, again: (...message) => queue.again(...message) }),
);

/** Messages of the queue. */
const Messages = z.object({
  Records: z.array(
    z.object({
      eventSource: z.literal("aws:sqs"),
      messageId: z.string(),
      receiptHandle: z.string(),
      body: z.string(),
      attributes: z.object({ ApproximateReceiveCount: z.coerce.number().int().min(1) }),
    }),
  ),
});
/** Alarms of a topic (SNS developer guide, "Invoking a Lambda function"). */
const Alarms = z.object({
  Records: z.array(z.object({ EventSource: z.literal("aws:sns"), Sns: z.object({ Message: z.string() }) })),
});
/** The call of a schedule. */
const DigestCall = z.object({ digest: z.string() });
const Event = z.union([Messages, Alarms, DigestCall]);

/**
 * Invoked by its queue, by the topic of alarms, whose messages it puts on the queue, and by the schedule of each channel with a digest.
 * Reports which messages of the queue to keep (Lambda developer guide, "Reporting batch item failures").
 */
export const handler = middy()
  .use(middlewares)
  .handler(async (event: unknown, _context, { signal }): Promise<SQSBatchResponse | DigestResult | undefined> => {
    const parsed = Event.parse(event);
    const configuration = await feed.current(signal);
    if ("digest" in parsed) {
      const { notifications: channels } = configuration.stack;
      return sendDigest(parsed.digest, { ...telling, channels, stack }, signal);
    }
    const alarms = Alarms.safeParse(parsed).data;
    if (alarms !== undefined) {
      for (const { Sns } of alarms.Records) await queue.send(Sns.Message, signal);
      return undefined;
    }
    const messages = Messages.parse(parsed).Records.map(({ attributes, ...message }) => ({
      ...message,
      receiveCount: attributes.ApproximateReceiveCount,
    }));
    const kept = await handlerOf(configuration)(messages, signal);
    return { batchItemFailures: kept.map((itemIdentifier) => ({ itemIdentifier })) };
  });
