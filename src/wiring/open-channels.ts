import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";
import { clientLimits } from "../aws/client/client-limits.ts";
import { createSecretReader } from "../aws/secrets/secret.ts";
import { createBusChannel, createEmailChannel } from "../channels/aws-channels.ts";
import { createChatChannel, createWebhook } from "../channels/http-channels.ts";
import type { NotificationChannel } from "../contract/channels/notification-channel.ts";
import { createConnections } from "../registry/http/connections.ts";
import type { SendMessage } from "../replication/notices/message.ts";

/** How each channel of a process sends. @param topicArn of the mails of a channel, by its name. */
export function openChannels(topicArn: (channel: string) => string): (channel: NotificationChannel) => SendMessage {
  const secrets = new SecretsManagerClient(clientLimits());
  const sns = new SNSClient(clientLimits());
  const events = new EventBridgeClient(clientLimits());
  const connections = createConnections();
  const read = (arn: string) => createSecretReader(secrets, arn);
  return (channel) => {
    if (channel.kind === "email") return createEmailChannel(sns, topicArn(channel.name));
    if (channel.kind === "eventBridge") return createBusChannel(events, channel.bus);
    const common = { url: read(channel.webhook), connections, now: Date.now };
    if (channel.kind !== "webhook") return createChatChannel(channel.kind, common);
    const { hosts, plainHttp, signingSecret } = channel;
    return createWebhook({
      ...common,
      hosts,
      plainHttp,
      signingKeys: signingSecret === undefined ? undefined : read(signingSecret),
    });
  };
}
