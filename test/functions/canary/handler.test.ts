import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/canary/handler.ts";
import { RESEND_AFTER_MS } from "../../../functions/probe/resend-times.ts";
import type { CanaryDependencies } from "../../../functions/canary/handler.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import { CANARY_TAG } from "../../../src/contract/stack/limits.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { LONGEST_AWAITED_MS } from "../../../src/replication/canary/canary-record.ts";
import type { CanaryRecord } from "../../../src/replication/canary/canary-record.ts";
import type { Receipt } from "../../../src/replication/outcome/receipt.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { StoreError } from "../../../src/replication/state/record-store.ts";
import { documentOf } from "../../fixtures/configuration.ts";
import { createObserved } from "../observer.ts";

const MINUTE_MS = 60_000;
const document = documentOf({ repositories: ["ops/canary"], destinations: ["gar", "hub"], as: "seen/{repository}" });
const stack = { canary: { repository: "ops/canary", intervalMinutes: 10 } };
const configuration = parseConfiguration({ ...document, stack });

/** A source and two destinations in memory, and a clock that only the test moves. */
function world(replaced: Partial<CanaryDependencies> = {}) {
  const observer = createObserved();
  const time = { now: 1_000 * MINUTE_MS };
  const source: Digest[] = [];
  const receipts = new Map<string, Receipt[]>();
  const targets = new Map<string, Digest>();
  const removed: Digest[] = [];
  const handle = createHandler({
    configuration,
    canaries: createMemoryRecordStore<CanaryRecord>(),
    receipts: (record) => Promise.resolve(receipts.get(record) ?? []),
    resolve(destination, repository) {
      const digest = targets.get(`${destination}/${repository}`);
      return Promise.resolve(digest && { digest, mediaType: MediaType.ociManifest });
    },
    pushedTag: () => Promise.resolve(source.at(-1)),
    push: ({ manifest }) => Promise.resolve(void source.push(manifest.digest)),
    remove: (digest) => Promise.resolve(void removed.push(digest)),
    now: () => time.now,
    timeout: () => NEVER,
    observer,
    ...replaced,
  });
  return {
    observer,
    time,
    source,
    targets,
    removed,
    receipts,
    run: () => handle(NEVER),
    /** The newest canary arrives by its event. */
    arrive: (destination: string): void => {
      const digest = source.at(-1);
      if (digest === undefined) throw new Error("nothing was pushed");
      const place = `${destination}/p/seen/ops/canary`;
      const [pushedAt, endedAt] = [time.now, time.now + 1_000];
      const times = { pushedAt, acceptedAt: pushedAt, countsFrom: pushedAt, endedAt };
      targets.set(place, digest);
      receipts.set(`${place}:${CANARY_TAG}`, [
        { id: digest, digest, ...times, traceparent: "t", outcome: "replicated" },
        ...(receipts.get(`${place}:${CANARY_TAG}`) ?? []),
      ]);
    },
    /** Invokes the function once a minute. @returns the ages of the last minute, by destination. */
    minutes: async (count: number) => {
      for (let minute = 0; minute < count; minute++) {
        time.now += MINUTE_MS;
        observer.counts.length = 0;
        await handle(NEVER);
      }
      return Object.fromEntries(observer.counts.map(({ destination, value }) => [destination, value]));
    },
  };
}

describe("the canary function", () => {
  it("pushes one canary for each interval, and deletes the one before it", async () => {
    const { run, minutes, source, removed, arrive } = world();
    expect(await run()).toEqual({ outcome: "watched", pushed: true, arrived: [] });
    arrive("gar");
    arrive("hub");
    await minutes(9);
    expect([source.length, removed]).toEqual([1, []]);
    await minutes(1);
    expect([source.length, removed]).toEqual([2, [source[0]]]);
  });

  it("says that another stack pushes to its repository, and goes on", async () => {
    const { run, minutes, source, observer, arrive } = world();
    const taken = () => observer.lines.filter(({ message }) => message.includes("belongs to one stack"));
    await run();
    arrive("gar");
    arrive("hub");
    await minutes(10);
    expect([source.length, taken()]).toEqual([2, []]);
    source.push(`sha256:${"a".repeat(64)}`);
    await minutes(20);
    expect(source.length).toBeGreaterThan(3);
    expect(taken()).toMatchObject([{ level: "error", fields: { found: `sha256:${"a".repeat(64)}` } }]);
  });

  it("emits the age of the newest canary that has arrived at each destination", async () => {
    const { run, minutes, arrive, observer } = world();
    await run();
    arrive("gar");
    expect(await minutes(3)).toEqual({ gar: 180, hub: 180 });
    await minutes(7);
    arrive("gar");
    expect(await minutes(1)).toEqual({ gar: 60, hub: 660 });
    const arrivals = observer.lines.filter(({ message }) => message === "Canary arrived");
    expect(arrivals.map(({ fields }) => [fields["destination"], fields["lagMs"]])).toEqual([
      ["gar", 1_000],
      ["gar", 1_000],
    ]);
  });

  it("counts nothing as arrived that the destination does not have, whatever its receipt says", async () => {
    const { run, minutes, arrive, targets, observer } = world();
    await run();
    arrive("gar");
    targets.delete("gar/p/seen/ops/canary");
    await minutes(3);
    expect(observer.lines.filter(({ message }) => message === "Canary arrived")).toEqual([]);
    expect(observer.lines.at(-1)).toMatchObject({
      level: "warn",
      message: "Canary is not at the destination",
      fields: { destination: "gar" },
    });
    expect(String(observer.lines.at(-1)?.fields["problem"])).toMatch(/names nothing, and the canary is sha256:/);
  });

  it("tries again in the next minute when the push fails, and the ages are emitted in any case", async () => {
    const failing = world({ push: () => Promise.reject(new Error("denied")) });
    expect(await failing.run()).toMatchObject({ pushed: false });
    expect(await failing.minutes(16)).toEqual({ gar: 960, hub: 960 });
    const errors = failing.observer.lines.filter(({ level }) => level === "error");
    expect(errors).toHaveLength(17);
    expect(errors[0]).toMatchObject({ message: "Canary could not be pushed to the source" });
  });

  it("goes on when a destination cannot be asked, or the last canary cannot be deleted", async () => {
    const asked = world({
      resolve: (destination) => Promise.reject(new Error(`${destination} is down`)),
      remove: () => Promise.reject(new Error("denied")),
    });
    await asked.run();
    asked.arrive("gar");
    expect(await asked.minutes(10)).toEqual({ gar: 600, hub: 600 });
    const warnings = new Set(
      asked.observer.lines.filter(({ level }) => level === "warn").map(({ message }) => message),
    );
    expect([...warnings]).toEqual([
      "Whether the canary has arrived could not be found out",
      "The canary before it could not be deleted at the source",
    ]);
    expect(asked.source).toHaveLength(2);
  });

  it("emits nothing without the table, so that the alarm has no data", async () => {
    const down = () => Promise.reject(new StoreError("the table is down"));
    const { run, observer } = world({ canaries: { read: down, update: down } });
    await expect(run()).rejects.toThrow("the table is down");
    expect(observer.counts).toEqual([]);
  });

  it("writes its record when something is new, and not in every minute", async () => {
    const store = createMemoryRecordStore<CanaryRecord>();
    let writes = 0;
    const canaries: CanaryDependencies["canaries"] = {
      read: (key, signal) => store.read(key, signal),
      update: (key, change, signal) => {
        writes++;
        return store.update(key, change, signal);
      },
    };
    const { run, minutes, arrive } = world({ canaries });
    await run();
    await minutes(3);
    expect(writes).toBe(1);
    arrive("gar");
    await minutes(3);
    expect(writes).toBe(2);
  });

  it("awaits no canary for so long that its request is sent again by another queue", () => {
    expect(LONGEST_AWAITED_MS + MINUTE_MS).toBeLessThan(RESEND_AFTER_MS);
  });

  it("does nothing in a configuration without a canary", async () => {
    const { run, observer, source } = world({ configuration: parseConfiguration(document) });
    expect(await run()).toEqual({ outcome: "off" });
    expect([observer.counts, source]).toEqual([[], []]);
  });
});
