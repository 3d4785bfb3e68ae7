import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/fan-out/handler.ts";
import type { FanOutDependencies } from "../../../functions/fan-out/handler.ts";
import type { CopyRequest } from "../../../src/replication/planning/copy-request.ts";
import type { PreCopyRequest } from "../../../src/replication/planning/pre-copy-request.ts";
import type { PendingPush } from "../../../src/replication/pending/pending-push.ts";
import type { Receipt } from "../../../src/replication/outcome/receipt.ts";
import { createMemoryPending } from "../../fakes/memory-pending.ts";
import { createMemoryReceipts } from "../../fakes/memory-receipts.ts";
import type { DeletionRecord } from "../../../src/replication/deletes/deletion-record.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { StoreError } from "../../../src/replication/state/record-store.ts";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import { parseRepositoryName, parseTag } from "../../../src/oci/reference.ts";
import { forwardedOf } from "../../../src/replication/arrivals/forwarded.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { createObserved } from "../observer.ts";
import { configurationOf, documentOf, withoutBudget } from "../../fixtures/configuration.ts";

const configuration = configurationOf({ repositories: ["app/**"], tags: ["v*"], destinations: ["one", "two"] });
/** Pre-copies to `one`; `two` has no budget for them. */
const early = withoutBudget("two", documentOf({ repositories: ["app/**"], destinations: ["one", "two"] }));

function pushed(detail: object = {}): object {
  return {
    version: "0",
    id: "event-1",
    "detail-type": "ECR Image Action",
    source: "aws.ecr",
    account: "123456789012",
    time: "2026-11-21T00:00:00Z",
    region: "us-east-1",
    resources: [],
    detail: {
      result: "SUCCESS",
      "repository-name": "app/web",
      "image-digest": `sha256:${"a".repeat(64)}`,
      "action-type": "PUSH",
      "image-tag": "v1",
      ...detail,
    },
  };
}

/** A handler whose receipts are recorded; a test defines how requests are sent. */
function setUp(send: FanOutDependencies["send"], otherwise: Partial<FanOutDependencies> = {}) {
  const observer = createObserved();
  const receipts = new Map<string, Receipt>();
  const pending = new Map<string, PendingPush>();
  const handle = createHandler({
    configuration,
    observer,
    send,
    sendPreCopies: () => Promise.reject(new Error("no pre-copy is to be requested")),
    pushes: createMemoryPending(pending),
    receipts: createMemoryReceipts(receipts),
    deletions: createMemoryRecordStore(),
    now: () => 5,
    ...otherwise,
  });
  return {
    observer,
    handle: (event: unknown) => handle(event, "invocation-1", NEVER),
    kept: () => [...receipts.values()],
    pending,
  };
}

describe("the fan-out handler", () => {
  it("accepts a push for each destination before its requests are sent; content without a tag is none", async () => {
    const known: number[] = [];
    const { handle, pending } = setUp(() => Promise.resolve(void known.push(pending.size)));
    await handle(pushed());
    const digest = `sha256:${"a".repeat(64)}`;
    expect([...pending.values()].map((push) => push.digest)).toEqual([digest, digest]);
    expect([known, [...pending.values()].map(({ destination, id }) => [destination, id])]).toEqual([
      [2],
      [
        ["one", "event-1"],
        ["two", "event-1"],
      ],
    ]);
    await handle({ ...pushed({ "image-tag": "" }), id: "event-2" });
    expect(pending.size).toBe(2);
  });

  it("sends nothing when a push cannot be accepted: Lambda retries the event", async () => {
    const pushes = { accept: () => Promise.reject(new Error("the table is down")) };
    const { handle } = setUp(() => Promise.reject(new Error("it is sent")), { pushes });
    await expect(handle(pushed())).rejects.toThrow("the table is down");
  });

  it("requests one copy per destination, with the event's id as correlation id", async () => {
    const sent: CopyRequest[] = [];
    const { observer, handle, kept } = setUp((requests) => Promise.resolve(void sent.push(...requests)));
    expect(await handle(pushed())).toEqual({ outcome: "requested", requests: 2 });
    expect(sent.map(({ destination, id, reference }) => [destination, id, reference])).toEqual([
      ["one", "event-1", "v1"],
      ["two", "event-1", "v1"],
    ]);
    expect(kept()).toEqual([]);
    expect(observer.counts.map(({ metric, destination }) => `${metric} ${destination}`)).toEqual([
      "CopiesRequested one",
      "CopiesRequested two",
    ]);
  });

  it("fails when a request could not be queued, so that Lambda retries the event", async () => {
    const { handle } = setUp(() => Promise.reject(new Error("queue away")));
    await expect(handle(pushed())).rejects.toThrow("queue away");
  });

  it.each([
    ["with a tag is requested at once", pushed(), 0],
    ["without a tag is delayed until an index that contains it is pushed", pushed({ "image-tag": null }), 30],
    [
      "of a referrer is requested at once",
      { ...pushed({ "image-tag": null }), "detail-type": "ECR Referrer Action" },
      0,
    ],
  ])("a push %s", async (_case, event, seconds) => {
    const delays: number[] = [];
    const { handle } = setUp((_requests, _signal, delaySeconds) => Promise.resolve(void delays.push(delaySeconds)));
    await handle(event);
    expect(delays).toEqual([seconds]);
  });

  it("requests pre-copies of a push without a tag at once, for each destination that has a budget for them", async () => {
    const requested: PreCopyRequest[] = [];
    const sendPreCopies = (requests: readonly PreCopyRequest[]) => Promise.resolve(void requested.push(...requests));
    const { handle, observer } = setUp(() => Promise.resolve(), { configuration: early, sendPreCopies });
    await handle(pushed({ "image-tag": "" }));
    const pushedAt = Date.parse("2026-11-21T00:00:00Z");
    const digest = `sha256:${"a".repeat(64)}`;
    expect(requested).toEqual([
      { version: 1, kind: "blobs", id: "event-1", destination: "one", repository: "app/web", digest, pushedAt },
    ]);
    requested.length = 0;
    await handle(pushed());
    await handle({ ...pushed({ "image-tag": "" }), "detail-type": "ECR Referrer Action" });
    expect(requested).toEqual([]);
    expect(observer.counts.filter(({ metric }) => metric === "CopiesRequested")).toHaveLength(6);
  });

  it("processes an event whose pre-copies could not be queued", async () => {
    const { handle, observer } = setUp(() => Promise.resolve(), { configuration: early });
    expect(await handle(pushed({ "image-tag": "" }))).toEqual({ outcome: "requested", requests: 2 });
    expect(observer.lines[0]).toMatchObject({ level: "warn", message: "Pre-copies could not be requested" });
  });

  it("writes a tombstone for each destination whose rule mirrors deletes, once, and requests no copy", async () => {
    const mirror = { deletes: { mode: "mirror", graceHours: 24, maxRatioPerDay: 1, dryRun: false } } as const;
    const rules = configurationOf(
      { repositories: ["app/**"], destinations: ["one"], ...mirror },
      { repositories: ["app/**"], destinations: ["two"] },
    );
    const deletions = createMemoryRecordStore<DeletionRecord>();
    const { handle, kept, observer } = setUp(() => Promise.reject(new Error("a copy is requested")), {
      configuration: rules,
      deletions,
    });
    const event = pushed({ "action-type": "DELETE" });
    expect(await handle(event)).toEqual({ outcome: "tombstones", tombstones: 1 });
    await handle(event);
    const seenAt = Date.parse("2026-11-21T00:00:00Z");
    expect((await deletions.read("one/p/app/web"))?.tombstones).toEqual([
      {
        tag: "v1",
        digest: `sha256:${"a".repeat(64)}`,
        by: "event-1",
        cause: "source-deleted",
        rule: "rule 1",
        seenAt,
        dueAt: seenAt + 24 * 3_600_000,
      },
    ]);
    expect(await deletions.read("two/p/app/web")).toBeUndefined();
    expect(kept()).toMatchObject([{ id: "event-1", outcome: "skipped", reason: "source-gone" }]);
    expect(observer.counts.map(({ metric, destination }) => `${metric} ${destination}`)).toEqual([
      "TombstonesWritten one",
    ]);
  });

  it("remembers a delete of another registry that does not say what the tag named: its tombstone counts from then on", async () => {
    const configuration = parseConfiguration({
      ...documentOf({ repositories: ["**"], destinations: ["gar"], deletes: "mirror" }),
      source: {
        kind: "generic",
        account: "123456789012",
        region: "eu-west-1",
        registry: "registry.example",
        loginSecret: `arn:aws:secretsmanager:eu-west-1:123456789012:secret:r-AbCdEf`,
      },
    });
    const deletions = createMemoryRecordStore<DeletionRecord>();
    const { handle, kept } = setUp(() => Promise.reject(new Error("a copy is requested")), {
      configuration,
      deletions,
    });
    const deleted = { id: "event-1", repository: parseRepositoryName("app"), tag: parseTag("v1"), deletedAt: 4 };
    const event = forwardedOf({ kind: "deleted", deleted }, "r");
    expect(await handle(event)).toEqual({ outcome: "tombstones", tombstones: 1 });
    await handle(event);
    const key = `gar/${configuration.destinations[0]?.prefix}/app`;
    expect(await deletions.read(key)).toMatchObject({ tombstones: [], heard: [{ tag: "v1", by: "event-1", at: 4 }] });
    expect(kept()).toMatchObject([{ id: "event-1", outcome: "skipped", reason: "source-gone" }]);
  });

  it("processes a delete whose tombstone cannot be written: the comparison finds it, too", async () => {
    const configuration = configurationOf({ repositories: ["**"], destinations: ["one"], deletes: "mirror" });
    const refuse = () => Promise.reject(new StoreError("no table"));
    const { handle, observer } = setUp(() => Promise.resolve(), {
      configuration,
      deletions: { read: refuse, update: refuse },
    });
    expect(await handle(pushed({ "action-type": "DELETE" }))).toMatchObject({ outcome: "tombstones" });
    expect(observer.lines[0]).toMatchObject({ level: "warn" });
  });

  it.each<[string, unknown, string, object]>([
    ["no rule matches its tag", pushed({ "image-tag": "main" }), "ignored", { id: "event-1", reason: "no-rule" }],
    ["it is a delete", pushed({ "action-type": "DELETE" }), "ignored", { id: "event-1", reason: "event-ignored" }],
    ["it is not an event of ECR", { hello: "world" }, "malformed", { id: "invocation-1", reason: "malformed-event" }],
    ["it has an id, and no more", { id: "event-2" }, "malformed", { id: "event-2", reason: "malformed-event" }],
    ["it is null", null, "malformed", { id: "invocation-1", outcome: "failed", endedAt: 5 }],
  ])(
    "sends nothing, keeps a receipt that says why, and does not fail when %s",
    async (_case, event, outcome, receipt) => {
      const { observer, handle, kept } = setUp(() => Promise.reject(new Error("nothing is to be sent")));
      expect((await handle(event)).outcome).toBe(outcome);
      expect(kept()).toMatchObject([receipt]);
      expect(observer.lines).toHaveLength(1);
      expect(observer.counts).toHaveLength(1);
    },
  );
});
