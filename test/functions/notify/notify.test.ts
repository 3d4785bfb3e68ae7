import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/notify/handler.ts";
import type { NotifyPolicy } from "../../../src/contract/stack/environment.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import type { NotificationRecord } from "../../../src/replication/state/notification-record.ts";
import { createWebhook } from "../../../src/wiring/webhook.ts";
import type { WebhookKind } from "../../../src/wiring/webhook.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { createObserved } from "../observer.ts";
import { answeringConnections } from "../../fixtures/servers/answering-connections.ts";
import { streamBody } from "../../fixtures/servers/stream-body.ts";
import { unavailableStore } from "../../fixtures/unavailable-store.ts";

const alarm = (NewStateValue: string, AlarmName = "freightliner-dead-letters"): string =>
  JSON.stringify({
    AlarmName,
    AlarmDescription: "Copies failed for good. What to do: docs/operate/runbook.md#dead-letters",
    NewStateValue,
    NewStateReason: "Threshold Crossed: 1 datapoint was greater than the threshold (0.0).",
    Region: "EU (Frankfurt)",
    AlarmArn: "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:x",
  });

function setUp(policy: NotifyPolicy = "problems") {
  const told: string[] = [];
  const time = { now: 1_000_000 };
  const room: { problem?: Error } = {};
  const observer = createObserved();
  const notifications = createMemoryRecordStore<NotificationRecord>();
  const handle = createHandler({
    policy,
    notifications,
    observer,
    now: () => time.now,
    send: (text) => (room.problem === undefined ? Promise.resolve(void told.push(text)) : Promise.reject(room.problem)),
  });
  return { told, time, room, observer, handle, notifications };
}

describe("the notify handler", () => {
  it("sends what happened, where, and what to do", async () => {
    const { handle, told } = setUp();
    expect(await handle([alarm("ALARM")], NEVER)).toEqual(["sent"]);
    expect(told).toEqual([
      [
        "🔴 freightliner-dead-letters is alarm (EU (Frankfurt))",
        "Copies failed for good. What to do: docs/operate/runbook.md#dead-letters",
        "Threshold Crossed: 1 datapoint was greater than the threshold (0.0).",
      ].join("\n"),
    ]);
  });

  it("sends the same alarm once, however often SNS delivers it, and again after a quarter of an hour", async () => {
    const { handle, told, time } = setUp();
    for (let delivery = 0; delivery < 5; delivery++) await handle([alarm("ALARM")], NEVER);
    expect(told).toHaveLength(1);
    time.now += 900_000;
    await handle([alarm("ALARM")], NEVER);
    expect(told).toHaveLength(2);
    await handle([alarm("ALARM", "another")], NEVER);
    expect(told).toHaveLength(3);
  });

  it("sends that an alarm is over only if the policy wants it", async () => {
    const problems = setUp("problems");
    expect(await problems.handle([alarm("ALARM"), alarm("OK"), alarm("INSUFFICIENT_DATA")], NEVER)).toEqual([
      "sent",
      "suppressed",
      "suppressed",
    ]);
    const changes = setUp("changes");
    expect(await changes.handle([alarm("OK")], NEVER)).toEqual(["sent"]);
    expect(changes.told[0]).toContain("is well again");
  });

  it("never throws: logs and counts an unavailable webhook, and sends without an unavailable table", async () => {
    const { handle, room, observer } = setUp();
    room.problem = new Error("the webhook answered 503 after 3 attempts");
    expect(await handle([alarm("ALARM"), "hello", "{}"], NEVER)).toEqual(["failed", "not-an-alarm", "not-an-alarm"]);
    expect(observer.counts).toEqual([{ metric: "NotificationsFailed", value: 1, destination: undefined }]);
    const told: string[] = [];
    const without = createHandler({
      policy: "problems",
      notifications: unavailableStore(),
      observer,
      now: Date.now,
      send: (text) => Promise.resolve(void told.push(text)),
    });
    expect(await without([alarm("ALARM")], NEVER)).toEqual(["sent"]);
  });
});

interface Posted {
  readonly origin: string;
  readonly path: string;
  readonly body: string;
}

/** A webhook that responds as scripted, one response after another. */
function webhook(kind: WebhookKind, url: string, answers: readonly (number | Error)[] = [200], hosts: string[] = []) {
  const posted: Posted[] = [];
  let tries = 0;
  const connections = answeringConnections(({ origin, path, body }) => {
    posted.push({ origin, path, body: typeof body === "string" ? body : "" });
    const answer = answers[Math.min(tries++, answers.length - 1)] ?? 200;
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve({ statusCode: answer, headers: {}, body: streamBody(Readable.from([])) });
  });
  const tell = createWebhook({
    kind,
    hosts,
    connections,
    url: () => Promise.resolve(url),
    pause: () => Promise.resolve(),
  });
  return { tell, posted };
}

const SLACK = "https://hooks.slack.com/services/T0/B0/very-secret";

describe("a chat room that is unavailable for a moment", () => {
  it("gets the alarm when Lambda retries it, and only once", async () => {
    const { handle, room, told } = setUp();
    room.problem = new Error("the webhook answered 503 after 3 attempts");
    expect(await handle([alarm("ALARM")], NEVER)).toEqual(["failed"]);
    delete room.problem;
    expect(await handle([alarm("ALARM")], NEVER)).toEqual(["sent"]);
    expect(await handle([alarm("ALARM")], NEVER)).toEqual(["duplicate"]);
    expect(told).toHaveLength(1);
  });

  it("gets an alarm once that one invocation contains twice", async () => {
    const { handle, told } = setUp();
    expect(await handle([alarm("ALARM"), alarm("ALARM")], NEVER)).toEqual(["sent", "duplicate"]);
    expect(told).toHaveLength(1);
  });
});

describe("a webhook", () => {
  it("of Slack shows the text literally, without its markup", async () => {
    const { tell, posted } = webhook("slack", SLACK);
    await tell("<!channel> <https://evil.test|here> & so on", {});
    expect(JSON.parse(posted[0]?.body ?? "")).toEqual({
      text: "&lt;!channel&gt; &lt;https://evil.test|here&gt; &amp; so on",
    });
  });

  it("of Teams shows the text literally, without links, images or emphasis", async () => {
    const { tell, posted } = webhook("teams", "https://a.webhook.office.com/x");
    await tell("![x](https://evil.test) **b** \\ <at>all</at>", {});
    const card = JSON.parse(posted[0]?.body ?? "{}").attachments[0].content;
    expect(card.body[0].text).toBe("\\!\\[x\\]\\(https://evil.test\\) \\*\\*b\\*\\* \\\\ \\<at\\>all\\</at\\>");
  });

  it.each<[WebhookKind, string, string]>([
    ["slack", SLACK, '{"text":"hello"}'],
    ["generic", "https://hooks.example.com/x?key=very-secret", '{"text":"hello","name":"a"}'],
  ])("of %s gets what it understands", async (kind, url, expected) => {
    const { tell, posted } = webhook(kind, url, [200], ["hooks.example.com"]);
    await tell("hello", { name: "a" });
    expect(posted.map(({ body }) => body)).toEqual([expected]);
  });

  it("of Teams gets an adaptive card", async () => {
    const { tell, posted } = webhook("teams", "https://prod-01.westeurope.logic.azure.com/workflows/x?sig=very-secret");
    await tell("one\ntwo", {});
    const card = JSON.parse(posted[0]?.body ?? "{}").attachments[0].content;
    expect(card.body.map(({ text }: { text: string }) => text)).toEqual(["one", "two"]);
  });

  it.each([
    ["slack", "http://hooks.slack.com/services/x"],
    ["slack", "https://hooks.slack.com.evil.test/x"],
    ["slack", "https://evil.test/hooks.slack.com"],
    ["slack", "https://user:pw@hooks.slack.com/x"],
    ["teams", "https://169.254.169.254/latest/meta-data"],
    ["generic", "https://127.0.0.1:9001/2018-06-01/runtime"],
    ["generic", "https://not-listed.example.com/x"],
    ["slack", "not a url"],
  ] as const)("of %s is never called at %s", async (kind, url) => {
    const { tell, posted } = webhook(kind, url, [200], ["hooks.example.com"]);
    await expect(tell("x", {})).rejects.toThrow(/refused to contact|no URL/);
    expect(posted).toEqual([]);
  });

  it("is tried three times when it is unavailable or busy, once when it refuses, and its secret is in no error", async () => {
    for (const [answers, tries] of [
      [[503, 429, 200], 3],
      [[new Error(`connect failed ${SLACK}`), 200], 2],
    ] as const) {
      const { tell, posted } = webhook("slack", SLACK, answers);
      await tell("x", {});
      expect(posted).toHaveLength(tries);
    }
    for (const answers of [[404], [500], [new Error(SLACK)]]) {
      const { tell, posted } = webhook("slack", SLACK, answers);
      const failure: unknown = await tell("x", {}).catch((error: unknown) => error);
      expect(String(failure)).toMatch(
        /WebhookError: the webhook answered (?:404 after 1|500 after 3|nothing after 3) attempts/,
      );
      expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain("very-secret");
      expect(posted).toHaveLength(answers[0] === 404 ? 1 : 3);
    }
  });
});
