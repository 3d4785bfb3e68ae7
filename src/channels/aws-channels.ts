import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { PublishCommand } from "@aws-sdk/client-sns";
import type { SNSClient } from "@aws-sdk/client-sns";
import { untilAborted } from "../aws/client/until-aborted.ts";
import { plainText } from "../replication/notices/message.ts";
import type { Delivery, Message, SendMessage } from "../replication/notices/message.ts";

/** The source of events of a channel. It differs from that of events about pushes, so that no rule for those receives them again. */
const SOURCE = "freightliner.notifications";
/** The longest subject of a mail (SNS API, Publish: "Subject"). */
const SUBJECT = 100;

/** Mails, by a topic whose subscribers are addresses. SNS sends plain text: nothing in it is interpreted. */
export function createEmailChannel(client: SNSClient, topicArn: string): SendMessage {
  return async (message, signal) => {
    const command = new PublishCommand({
      TopicArn: topicArn,
      Subject: subjectOf(message),
      Message: plainText(message),
    });
    return delivering(signal, () => untilAborted(signal, (options) => client.send(command, options)));
  };
}

/** SNS accepts printable ASCII that begins with a letter, a number or a punctuation mark, and no line breaks. */
function subjectOf({ title }: Message): string {
  const text = title.replaceAll(/[^ -~]+/g, "").trim();
  return text.length < SUBJECT ? text : `${text.slice(0, SUBJECT - 4)}...`;
}

/** A bus of Amazon EventBridge. */
export function createBusChannel(client: EventBridgeClient, busArn: string): SendMessage {
  return async (message, signal) => {
    const { id, type, at, title, lines, data } = message;
    const command = new PutEventsCommand({
      Entries: [
        {
          EventBusName: busArn,
          Source: SOURCE,
          DetailType: type,
          Time: new Date(at),
          Detail: JSON.stringify({ id, type, at: new Date(at).toISOString(), title, lines, data }),
        },
      ],
    });
    let refused: string | undefined;
    const delivery = await delivering(signal, async () => {
      const { Entries = [] } = await untilAborted(signal, (options) => client.send(command, options));
      refused = Entries[0]?.EventId === undefined ? (Entries[0]?.ErrorCode ?? "no answer") : undefined;
    });
    return refused === undefined ? delivery : { kind: "failed", error: `the event bus refused it: ${refused}` };
  };
}

async function delivering(signal: AbortSignal, send: () => Promise<unknown>): Promise<Delivery> {
  try {
    await send();
    return { kind: "delivered" };
  } catch (error) {
    signal.throwIfAborted();
    const name = error instanceof Error ? error.name : "no answer";
    return { kind: "failed", error: `the call of AWS failed: ${name}` };
  }
}
