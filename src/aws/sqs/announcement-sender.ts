import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { Announcement } from "../../replication/pending/announcement.ts";
import { untilAborted } from "../client/until-aborted.ts";

/** Queues an announcement, from where it goes to the event bus. */
export type Announce = (announcement: Announcement, signal: AbortSignal) => Promise<void>;

export function createAnnouncementSender(client: SQSClient, { url }: { readonly url: string }): Announce {
  return async (announcement, signal) => {
    const command = new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify(announcement) });
    await untilAborted(signal, (options) => client.send(command, options));
  };
}
