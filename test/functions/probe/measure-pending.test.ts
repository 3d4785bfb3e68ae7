import { describe, expect, it } from "vitest";
import { measurePending } from "../../../functions/probe/measure-pending.ts";
import type { MeasureDependencies } from "../../../functions/probe/measure-pending.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { parseRepositoryName, parseTag } from "../../../src/oci/reference.ts";
import type { PendingPush } from "../../../src/replication/pending/pending-push.ts";
import { createMemoryPending } from "../../fakes/memory-pending.ts";
import { NO_PAUSES } from "../../fixtures/no-pauses.ts";
import { acceptPush } from "../../fixtures/pending-map.ts";
import { createObserved } from "../observer.ts";

const HOUR = 3_600_000;

/** A minute of the probe, with these pushes accepted a second after time 0. */
async function minute(tags: readonly string[], now: number, otherwise: Partial<MeasureDependencies> = {}) {
  const pushes = new Map<string, PendingPush>();
  for (const tag of tags) {
    const image = { repository: parseRepositoryName("app"), reference: parseTag(tag) };
    acceptPush(pushes, { id: `e-${tag}`, destination: "gar", ...image, pushedAt: 1, acceptedAt: 1_000 });
  }
  const observer = createObserved();
  const sent: string[] = [];
  const announced: string[] = [];
  const time = { now };
  const measure = (): Promise<void> =>
    measurePending(
      "gar",
      {
        pending: createMemoryPending(pushes),
        pauses: NO_PAUSES,
        imageBytes: (_repository, reference) => Promise.resolve(reference.length),
        resend: (requests) => Promise.resolve(void sent.push(...requests.map(({ id }) => id))),
        announce: ({ id, type }) => Promise.resolve(void announced.push(`${type} ${id}`)),
        isAvailable: true,
        now: () => time.now,
        timeout: (ms) => AbortSignal.timeout(ms),
        observer,
        ...otherwise,
      },
      NEVER,
    );
  await measure();
  const counts = () => Object.fromEntries(observer.counts.map(({ metric, value }) => [metric, value]));
  return { pushes, observer, sent, announced, time, measure, counts };
}

describe("what is pending at a destination", () => {
  it("is measured every minute, also when nothing is pending", async () => {
    const { counts } = await minute([], 60_000);
    expect(counts()).toEqual({ CopiesPending: 0, BytesPending: 0, OldestPendingSeconds: 0 });
  });

  it("is measured when nothing moves: copies, the bytes of their images, and the age of the oldest", async () => {
    const { counts, measure, time } = await minute(["v1", "v2-long"], 61_001);
    expect(counts()).toEqual({ CopiesPending: 2, BytesPending: 9, OldestPendingSeconds: 61 });
    time.now = 121_001;
    await measure();
    expect(counts()).toEqual({ CopiesPending: 2, BytesPending: 9, OldestPendingSeconds: 121 });
  });

  it("is measured although the source cannot be asked for bytes", async () => {
    const imageBytes = () => Promise.reject(new Error("the source is down"));
    const { counts } = await minute(["v1"], 61_001, { imageBytes });
    expect(counts()).toEqual({ CopiesPending: 1, BytesPending: 0, OldestPendingSeconds: 61 });
  });

  it("is announced as late once, five minutes after its push, and counted as such", async () => {
    const { announced, measure, time, observer } = await minute(["v1"], 290_000);
    for (const seconds of [301, 361, 421]) {
      time.now = seconds * 1_000;
      await measure();
    }
    expect(announced).toEqual(["Late e-v1/gar/app:v1/late"]);
    expect(observer.counts.filter(({ metric }) => metric === "PushesLate")).toHaveLength(1);
  });

  it("is announced as late when it is a canary, and does not count against the goal", async () => {
    const { announced, observer } = await minute(["freightliner-canary"], 301_000);
    expect(announced).toEqual(["Late e-freightliner-canary/gar/app:freightliner-canary/late"]);
    expect(observer.counts.filter(({ metric }) => metric === "PushesLate")).toEqual([]);
  });

  it("is requested again after half an hour, in case its request was never sent, then every six hours", async () => {
    const { sent, measure, time } = await minute(["v1"], 0.4 * HOUR);
    for (const hours of [0.6, 1, 5, 6.7, 12]) {
      time.now = hours * HOUR;
      await measure();
    }
    expect(sent).toEqual(["e-v1", "e-v1"]);
  });

  it("is not requested again while copies to the destination are paused", async () => {
    expect((await minute(["v1"], HOUR, { isAvailable: false })).sent).toEqual([]);
  });

  it("is an error in the log when the table cannot be read, and throws nothing", async () => {
    const pending = {
      ...createMemoryPending(),
      ofDestination: () => {
        throw new Error("down");
      },
    };
    const { observer } = await minute([], 0, { pending });
    expect(observer.lines.map(({ message }) => message)).toEqual([
      "What is pending at the destination could not be measured",
    ]);
  });
});

describe("pushes that were set aside", () => {
  it("are requested a minute after the pause of their repository, once, and not while it lasts", async () => {
    const paused = { names: new Set(["app"]) };
    const pauses = {
      of: (name: string) => Promise.resolve(paused.names.has(name) ? { by: "ann", since: 0 } : undefined),
    };
    const { pushes, sent, time, measure } = await minute(["v1", "v2"], 2_000, { pauses });
    for (const [key, push] of pushes) pushes.set(key, { ...push, setAsideAt: 1_500 });
    time.now = 3 * HOUR;
    await measure();
    expect(sent).toEqual([]);
    paused.names.clear();
    await measure();
    expect(sent).toEqual(["e-v1", "e-v2"]);
    time.now += 60_000;
    await measure();
    expect(sent).toHaveLength(2);
    expect([...pushes.values()]).toMatchObject([
      { setAsideAt: 0, askedAt: 3 * HOUR },
      { setAsideAt: 0, askedAt: 3 * HOUR },
    ]);
  });

  it("are requested again a minute later when their request was lost, also if they were requested before the pause", async () => {
    const sent: string[] = [];
    const queue = { isDown: true };
    const resend: MeasureDependencies["resend"] = (requests) => {
      if (queue.isDown) return Promise.reject(new Error("the queue does not answer"));
      return Promise.resolve(void sent.push(...requests.map(({ id }) => id)));
    };
    const { pushes, time, measure } = await minute(["v1"], 3 * HOUR, { resend });
    for (const [key, push] of pushes) pushes.set(key, { ...push, setAsideAt: 2.9 * HOUR, askedAt: 2.8 * HOUR });
    await measure();
    queue.isDown = false;
    time.now += 60_000;
    await measure();
    expect(sent).toEqual(["e-v1"]);
  });

  it("stay set aside when a copy that did not know of the end of the pause set them aside once more", async () => {
    const held = { pushes: new Map<string, PendingPush>() };
    const resend: MeasureDependencies["resend"] = () => {
      for (const [key, push] of held.pushes) held.pushes.set(key, { ...push, setAsideAt: 1_600 });
      return Promise.resolve();
    };
    const { pushes, measure } = await minute(["v1"], 2_000, { resend });
    held.pushes = pushes;
    for (const [key, push] of pushes) pushes.set(key, { ...push, setAsideAt: 1_500 });
    await measure();
    expect([...pushes.values()]).toMatchObject([{ setAsideAt: 1_600 }]);
  });

  it("are requested 500 in a minute", async () => {
    const tags = Array.from({ length: 501 }, (_, index) => `v${index}`);
    const { pushes, sent, measure } = await minute(tags, 2_000);
    for (const [key, push] of pushes) pushes.set(key, { ...push, setAsideAt: 1_500 });
    await measure();
    expect(sent).toHaveLength(500);
    await measure();
    expect(new Set(sent).size).toBe(501);
  });
});
