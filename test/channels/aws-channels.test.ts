import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SNSClient } from "@aws-sdk/client-sns";
import { describe, expect, it } from "vitest";
import { awsConfigOf, TEST_KEY } from "../../local/access/access-key.ts";
import { startPutEvents } from "../../local/emulators/put-events.ts";
import type { PutEvent } from "../../local/emulators/put-events.ts";
import { NEVER } from "../../src/async/abort.ts";
import { createBusChannel, createEmailChannel } from "../../src/channels/aws-channels.ts";
import type { Message } from "../../src/replication/notices/message.ts";
import { scriptedServer } from "../fixtures/servers/scripted-server.ts";

const BUS = "arn:aws:events:eu-central-1:123456789012:event-bus/told";
const TOPIC = "arn:aws:sns:eu-central-1:123456789012:freightliner-notify-mail-eu-central-1";
const message: Message = {
  id: "e1/gar/app:v1/end",
  type: "failed",
  at: Date.parse("2026-11-27T20:00:00Z"),
  title: `🔴 ${"app".repeat(60)}:v1 failed at gar`,
  lines: ["<b>reason</b>: target-denied"],
  data: { repository: "app" },
};

describe("a channel of mails", () => {
  /** Answers Publish (SNS API, query protocol). */
  const publishing = (status: number) =>
    scriptedServer((_got, response) => {
      response.writeHead(status, { "content-type": "text/xml" });
      const xmlns = 'xmlns="http://sns.amazonaws.com/doc/2010-03-31/"';
      response.end(
        status === 200
          ? `<PublishResponse ${xmlns}><PublishResult><MessageId>m1</MessageId></PublishResult></PublishResponse>`
          : `<ErrorResponse ${xmlns}><Error><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>`,
      );
    });
  const channelAt = (host: string) =>
    createEmailChannel(new SNSClient({ ...awsConfigOf(TEST_KEY), endpoint: `http://${host}`, maxAttempts: 1 }), TOPIC);

  it("publishes plain text, with a subject of printable ASCII below 100 characters", async () => {
    await using sns = await publishing(200);
    expect(await channelAt(sns.host)(message, NEVER)).toEqual({ kind: "delivered" });
    const sent = new URLSearchParams(String(sns.got[0]?.body));
    expect(sent.get("TopicArn")).toBe(TOPIC);
    expect(sent.get("Subject")).toMatch(/^app[ -~]{1,96}$/);
    expect(sent.get("Message")).toBe(`${message.title}\n<b>reason</b>: target-denied`);
  });

  it("fails when SNS refuses", async () => {
    await using sns = await publishing(403);
    expect(await channelAt(sns.host)(message, NEVER)).toEqual({
      kind: "failed",
      error: "the call of AWS failed: AuthorizationErrorException",
    });
  });
});

describe("a channel of an event bus", () => {
  it("puts the notice as an event whose source is not that of events about pushes", async () => {
    const events: PutEvent[] = [];
    const bus = await startPutEvents(TEST_KEY, (event) => events.push(event));
    const client = new EventBridgeClient({ ...awsConfigOf(TEST_KEY), endpoint: bus.endpoint, maxAttempts: 1 });
    const send = createBusChannel(client, BUS);
    expect(await send(message, NEVER)).toEqual({ kind: "delivered" });
    expect(events).toMatchObject([
      {
        source: "freightliner.notifications",
        type: "failed",
        detail: { id: message.id, title: message.title, data: { repository: "app" } },
      },
    ]);
    expect(await send({ ...message, type: "" }, NEVER)).toEqual({
      kind: "failed",
      error: "the event bus refused it: MalformedDetail",
    });
    await bus.close();
    expect(await send(message, NEVER)).toMatchObject({ kind: "failed" });
    client.destroy();
  });
});
