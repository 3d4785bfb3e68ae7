import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { contentKey } from "../../../src/replication/state/checkpoint.ts";
import type { CopyReport } from "../../../src/replication/outcome/copy-report.ts";
import type { RecordStore } from "../../../src/replication/state/record-store.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { UncertainPutError } from "../../../src/replication/copy/publish-tag.ts";
import { createUploadConcurrency } from "../../../src/replication/pacing/upload-concurrency.ts";
import { addImage } from "../../fixtures/images/memory-image.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";
import { anotherDelivery, copyRequest, replicateFixture } from "../../fixtures/replicate-context.ts";
import type { ReplicateFixture } from "../../fixtures/replicate-context.ts";

const never = new AbortController().signal;
const LEASE_MS = 10_000;
const LAYERS = Array.from({ length: 12 }, (_, index) => `layer ${index}`);

/** A copy on a clock of its own. */
function setUp(maxAttempts: number) {
  const clock = createVirtualClock();
  const fixture = replicateFixture({ maxAttempts, leaseMs: LEASE_MS, clock });
  addImage(fixture.source, LAYERS, "v1");
  return { fixture, clock };
}

/** A process: when it dies, nothing that it waits for ever comes. */
function mortal(fixture: ReplicateFixture): { readonly context: ReplicateFixture; readonly kill: () => void } {
  let isAlive = true;
  const alive = async <T>(answer: Promise<T>): Promise<T> => {
    const settled = await answer;
    return isAlive ? settled : new Promise(() => undefined);
  };
  const storeOf = <Record>(store: RecordStore<Record>): RecordStore<Record> => ({
    read: (key, signal) => (isAlive ? alive(store.read(key, signal)) : new Promise(() => undefined)),
    update: (key, change, signal) =>
      isAlive ? alive(store.update(key, change, signal)) : new Promise(() => undefined),
  });
  const { tags, checkpoints, clock } = fixture;
  const context = anotherDelivery(fixture, {
    tags: storeOf(tags),
    checkpoints: storeOf(checkpoints),
    concurrency: createUploadConcurrency({ small: 4, big: 4, now: () => clock.now() }),
    clock: { ...clock, sleep: (ms, signal) => alive(clock.sleep(ms, signal)) },
  });
  return { context, kill: () => void (isAlive = false) };
}

/** A delivery whose process dies after so many uploads; then the lease it held runs out. */
async function killed({ fixture, clock }: ReturnType<typeof setUp>, uploads: number): Promise<void> {
  const { context, kill } = mortal(fixture);
  const died = new Promise<void>((resolve) => {
    let begun = 0;
    fixture.target.before = async ({ operation }) => {
      if (operation !== "put-blob" || ++begun <= uploads) return;
      await clock.sleep(1, never);
      kill();
      resolve();
      await new Promise(() => undefined);
    };
  });
  void replicateTag(copyRequest("v1"), context, never);
  await clock.during(died);
  fixture.target.before = () => undefined;
  await clock.pass(2 * LEASE_MS);
}

const delivered = ({ fixture, clock }: ReturnType<typeof setUp>, signal = never): Promise<CopyReport> =>
  clock.during(replicateTag(copyRequest("v1"), anotherDelivery(fixture), signal));

/** A delivery whose time is over after so many uploads. */
async function outOfTime(copy: ReturnType<typeof setUp>, uploads: number): Promise<CopyReport> {
  const deadline = new AbortController();
  let begun = 0;
  copy.fixture.target.before = async ({ operation }) => {
    if (operation !== "put-blob" || ++begun <= uploads) return;
    await copy.clock.sleep(1, never);
    deadline.abort(new Error("out of time"));
  };
  const report = await delivered(copy, deadline.signal);
  copy.fixture.target.before = () => undefined;
  return report;
}

describe("a delivery that is killed", () => {
  it("counts, and the request ends when as many as attempts are allowed have brought nothing", async () => {
    const copy = setUp(3);
    for (let delivery = 0; delivery < 3; delivery++) await killed(copy, 0);
    const calls = copy.fixture.target.calls.length;
    const report = await delivered(copy);
    expect(report).toMatchObject({ outcome: "failed", reason: "attempts-exhausted" });
    expect(String("error" in report ? report.error : "")).toMatch(/3 deliveries .* out of memory.*freightliner copy/);
    expect(copy.fixture.target.calls.length).toBe(calls);
  });

  it("leaves a request that a person brings back all its attempts", async () => {
    const copy = setUp(1);
    await killed(copy, 0);
    expect(await delivered(copy)).toMatchObject({ outcome: "failed" });
    expect(await delivered(copy)).toMatchObject({ outcome: "replicated" });
  });

  it("buries nothing, ten times in a row, when each has brought a blob", async () => {
    const copy = setUp(3);
    for (let delivery = 0; delivery < 10; delivery++) await killed(copy, 1);
    expect(await delivered(copy)).toMatchObject({ outcome: "replicated" });
  });

  it("counts no more once a later one has brought something", async () => {
    const copy = setUp(3);
    for (const uploads of [0, 0, 1, 0, 0]) await killed(copy, uploads);
    expect(await delivered(copy)).toMatchObject({ outcome: "replicated" });
  });

  it("does not count when it had ended, and only its lease was left to run out", async () => {
    const copy = setUp(1);
    copy.fixture.target.before = ({ operation, reference }) => {
      if (operation === "put-manifest" && reference === "v1") throw new UncertainPutError("no answer");
    };
    expect(await delivered(copy)).toMatchObject({ outcome: "deferred", reason: "uncertain" });
    copy.fixture.target.before = () => undefined;
    await copy.clock.pass(2 * LEASE_MS);
    expect(await delivered(copy)).toMatchObject({ outcome: "replicated" });
  });
});

describe("a delivery that runs out of time", () => {
  it("counts when it brought nothing, and the last one ends the request", async () => {
    const copy = setUp(3);
    const reports = [await outOfTime(copy, 0), await outOfTime(copy, 0), await outOfTime(copy, 0)];
    expect(reports.map((report) => ("reason" in report ? report.reason : ""))).toEqual([
      "deadline",
      "deadline",
      "attempts-exhausted",
    ]);
  });

  it("counts nothing when it brought something, nor does what came before it", async () => {
    const copy = setUp(2);
    for (const uploads of [0, 1, 0, 1, 0, 1]) {
      expect(await outOfTime(copy, uploads)).toMatchObject({ outcome: "deferred", reason: "deadline" });
    }
  });

  it("says what it has sent, also of a blob that did not end", async () => {
    const copy = setUp(3);
    const { target } = copy.fixture;
    const deadline = new AbortController();
    const push = target.pushBlob.bind(target);
    target.pushBlob = async (blob, how, signal) => {
      await push(blob, how, signal);
      deadline.abort(new Error("out of time"));
      throw signal.reason;
    };
    const report = await delivered(copy, deadline.signal);
    expect(report).toMatchObject({ outcome: "deferred", reason: "deadline" });
    expect(report.bytesSent).toBeGreaterThanOrEqual("layer 0".length);
  });
});

describe("a copy that is stopped", () => {
  it("lets go of its lease and its claims after its deadline, but not after the end of the process", async () => {
    const { fixture, clock } = setUp(3);
    const leases = async (): Promise<unknown[]> => [
      (await fixture.tags.read(`${fixture.scope}:v1`, never))?.lease?.until,
      await fixture.checkpoints.update(
        contentKey(fixture.scope, digestOf(new TextEncoder().encode("layer 0"))),
        (known) => ({ answer: known?.state }),
        never,
      ),
    ];
    const stop = async (how: "deadline" | "process"): Promise<CopyReport> => {
      const deadline = new AbortController();
      const ending = how === "process" ? deadline.signal : never;
      fixture.target.before = ({ operation }) => {
        if (operation === "put-blob") deadline.abort(new Error("out of time"));
      };
      const copy = anotherDelivery(fixture, { ending });
      return clock.during(replicateTag(copyRequest("v1"), copy, deadline.signal));
    };
    expect(await stop("deadline")).toMatchObject({ outcome: "deferred", reason: "deadline" });
    expect(await leases()).toEqual([undefined, "unknown"]);
    await stop("process");
    expect(await leases()).toEqual([expect.any(Number), "uploading"]);
  });
});
