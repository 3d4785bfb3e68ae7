import type { SQSClient } from "@aws-sdk/client-sqs";
import * as fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createHandler as createCopy } from "../../../functions/copy/handler.ts";
import { createHandler as createFanOut } from "../../../functions/fan-out/handler.ts";
import { createDeadLetterSender } from "../../../src/aws/sqs/dead-letter-sender.ts";
import { createLogging } from "../../../src/aws/observer.ts";
import { CIRCUIT } from "../../../src/contract/stack/limits.ts";
import type { Observer } from "../../../src/contract/telemetry/observer.ts";
import { queuesOf } from "../../../src/contract/stack/queues.ts";
import { createCircuitBreaker } from "../../../src/replication/destination/circuit-breaker.ts";
import { circuitPolicy } from "../../../src/replication/destination/circuit-policy.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import type { Receipt } from "../../../src/replication/outcome/receipt.ts";
import { memoryCopies } from "../../fixtures/memory-copies.ts";
import { createMemoryPending } from "../../fakes/memory-pending.ts";
import { createMemoryReceipts } from "../../fakes/memory-receipts.ts";
import { createDeadLetters } from "../../fakes/sqs-dead-letters.ts";
import { replicateFixture, withSettings } from "../../fixtures/replicate-context.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { createObserved } from "../observer.ts";
import { configurationOf } from "../../fixtures/configuration.ts";

const SEED = 20_261_126;
const QUEUE = "arn:aws:sqs:us-east-1:123456789012:freightliner-copies-one-live-us-east-1";
const configuration = configurationOf(
  { repositories: ["app/**"], destinations: ["one"] },
  { repositories: ["none"], destinations: ["two"] },
);

/** Any code point, halves of surrogate pairs included. */
const character = fc.integer({ min: 0, max: 0x10_ff_ff }).map((point) => String.fromCodePoint(point));
const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: character, maxLength: 40 }),
  fc.constantFrom(
    "",
    "../x",
    "a".repeat(300),
    "\u0000",
    "\u001B[31m",
    "\uD800",
    "a\uDFFFb",
    "\u2028",
    "\u2029",
    "\u0085",
    "\uFFFF",
    "__proto__",
    "app/web",
  ),
);
const number = fc.oneof(fc.double(), fc.constantFrom(-1, 1.5, 8.64e15, 8.64e15 + 1, Number.MAX_SAFE_INTEGER));
const anything = fc.oneof(text, number, fc.constantFrom(null, true), fc.jsonValue({ maxDepth: 3 }));
/** JSON that is nested so deeply that a recursive function over it overflows the stack. */
const nested = fc.constantFrom(10, 1_000, 20_000).map((depth) => `${"[".repeat(depth)}${"]".repeat(depth)}`);

/** A valid document in which a few fields have other values, or are absent. */
function spoilt(good: Readonly<Record<string, unknown>>): fc.Arbitrary<string> {
  const keys = Object.keys(good);
  const edits = fc.array(fc.tuple(fc.constantFrom(...keys, "other"), fc.option(anything)), { maxLength: 3 });
  const deep = fc.option(fc.tuple(fc.constantFrom(...keys), nested), { freq: 50 });
  return fc.tuple(edits, deep).map(([changes, inside]) => {
    const body = JSON.stringify({ ...good, ...Object.fromEntries(changes) });
    return inside === null ? body : body.replace("{", `{"${inside[0]}":${inside[1]},`).replace(/,"version":1/, "");
  });
}

const REQUEST = { version: 1, id: "e", destination: "one", repository: "app/web", reference: "v1", pushedAt: 1 };
const bodies = fc.oneof(
  { weight: 9, arbitrary: spoilt(REQUEST) },
  { weight: 1, arbitrary: fc.oneof(text, nested, fc.json({ maxDepth: 3 })) },
);

const EVENT = {
  version: "0",
  id: "event-1",
  "detail-type": "ECR Image Action",
  source: "aws.ecr",
  account: "123456789012",
  time: "2026-11-21T00:00:00Z",
  region: "us-east-1",
};
const DETAIL = { result: "SUCCESS", "repository-name": "app/web", "action-type": "PUSH", "image-tag": "v1" };
const edited = (good: object) =>
  fc
    .array(fc.tuple(fc.constantFrom(...Object.keys(good)), anything), { maxLength: 2 })
    .map((changes) => ({ ...good, ...Object.fromEntries(changes) }));
const events = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(edited(EVENT), edited(DETAIL)).map(([event, detail]) => ({ ...event, detail })) },
  { weight: 1, arbitrary: anything },
);

/** Bodies of about 1 MiB, of characters of one, three and four bytes: a queue accepts them, but a dead letter also has attributes. */
const large = ["x", "\u2028", "\u{1F600}"].flatMap((filling) =>
  [1_048_576, 1_040_000, 1_032_192].flatMap((bytes) => {
    const filled = filling.repeat(Math.floor((bytes - 100) / Buffer.byteLength(filling)));
    return [filled.padEnd(filled.length + 50, "\n"), JSON.stringify({ ...REQUEST, repository: filled })];
  }),
);

interface Line {
  readonly level: string;
  readonly message: string;
  readonly outcome?: string;
}

/** The functions' logger, and the lines it has written since the last call. */
function productionLogger(): { readonly observer: Observer; readonly take: () => Line[] } {
  vi.stubEnv("POWERTOOLS_DEV", "false");
  let written = "";
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => {
      written += String(text);
      return true;
    });
  }
  const { observer } = createLogging("copy", "images");
  return {
    observer: { ...observer, count: () => undefined },
    take() {
      const lines = written.split("\n").filter((line) => line !== "");
      written = "";
      return lines.map((line) => JSON.parse(line));
    },
  };
}

/** The copy function, with what the production gives it: it is not reached by what has to wait. */
function copyHandler(observer: Observer, receipts: Map<string, Receipt>, client: SQSClient) {
  const fixture = replicateFixture();
  const breaker = createCircuitBreaker({
    store: createMemoryRecordStore(),
    key: "one",
    policy: circuitPolicy({ ...CIRCUIT, window: { seconds: 60 } }),
    now: () => 0,
    random: () => 0.5,
  });
  const { deadLetters } = queuesOf({ ...configuration, stack: "freightliner" });
  return createCopy({
    configuration,
    observer,
    runtime: { now: () => 0, timeout: () => new AbortController().signal, random: () => 0.5, memoryMegabytes: 1_769 },
    copies: {
      open: ({ delivery: { messageId } }) => withSettings(fixture, { scope: messageId, message: messageId }),
      circuit: () => breaker,
      ...memoryCopies(receipts),
    },
    queue: {
      priority: () => "live",
      serves: (_, destination) => destination === "one",
      announce: () => Promise.resolve(),
      sendToDeadLetters: createDeadLetterSender(client, deadLetters),
      defer: () => Promise.reject(new Error("no message is deferred")),
    },
  });
}

afterEach(() => vi.unstubAllEnvs());

describe("any input", () => {
  it("at a copy queue has one outcome, a log line and a receipt, and a dead letter that SQS accepts: 20,000 bodies", async () => {
    const { observer, take } = productionLogger();
    const receipts = new Map<string, Receipt>();
    const letters = createDeadLetters();
    const handle = copyHandler(observer, receipts, letters.client);
    const all = [...fc.sample(bodies, { numRuns: 20_000, seed: SEED }), ...large];
    const wrong: string[] = [];
    for (const [index, body] of all.entries()) {
      const before = { receipts: receipts.size, letters: letters.taken.length };
      const delivery = { messageId: `m${index}`, body, receiptHandle: "r", queueArn: QUEUE, receiveCount: 1 };
      const end = await handle(delivery, 60_000);
      const outcomes = take().flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome]));
      const noted = receipts.size - before.receipts;
      const buried = letters.taken.length - before.letters;
      const isRight = outcomes.join() === "failed" ? buried === 1 : outcomes.join() === "skipped" && buried === 0;
      if (end !== "done" || !isRight || noted !== 1) {
        const what = JSON.stringify(body.slice(0, 200));
        wrong.push(`${what} ends as ${end}, "${outcomes.join()}", with ${noted} receipts and ${buried} dead letters`);
      }
    }
    expect(letters.refused).toEqual([]);
    expect(wrong).toEqual([]);
    expect(letters.taken.length).toBeGreaterThan(5_000);
  }, 600_000);

  it("on the event bus has an outcome, a log line and a receipt, its own or those of its requests: 10,000 events", async () => {
    const observer = createObserved();
    const receipts = new Map<string, Receipt>();
    const handle = createFanOut({
      configuration,
      observer,
      send: () => Promise.resolve(),
      sendPreCopies: () => Promise.resolve(),
      pushes: createMemoryPending(),
      receipts: createMemoryReceipts(receipts),
      deletions: createMemoryRecordStore(),
      now: () => 0,
    });
    const seen = new Set<string>();
    const wrong: string[] = [];
    for (const [index, event] of fc.sample(events, { numRuns: 10_000, seed: SEED }).entries()) {
      observer.lines.length = 0;
      receipts.clear();
      const { outcome } = await handle(event, `invocation-${index}`, NEVER);
      seen.add(outcome);
      const kept = outcome === "requested" ? 0 : 1;
      if (observer.lines.length !== 1 || receipts.size !== kept) {
        wrong.push(`${JSON.stringify(event)} leaves ${observer.lines.length} lines and ${receipts.size} receipts`);
      }
    }
    expect(wrong).toEqual([]);
    expect([...seen].toSorted()).toEqual(["ignored", "malformed", "requested"]);
  }, 600_000);
});
