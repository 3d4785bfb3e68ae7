import type { ReconcileDependencies } from "../../../functions/reconcile/reconcile-dependencies.ts";
import { overridesOf } from "../../../src/replication/rules/repository-overrides.ts";
import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/reconcile/handler.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { HOUR, MINUTE, TWO_DESTINATIONS, digest, setUp } from "./reconcile-fixture.ts";

describe("a comparison of source and destinations", () => {
  it("requests what is missing or different at the destination, and nothing else", async () => {
    const { push, target, handle, asked, sent } = setUp();
    push("a:equal", "1");
    push("a:different", "2");
    push("b/c:absent", "3");
    target.set("p/a:equal", "1");
    target.set("p/a:different", "old");
    target.set("p/a:only-there", "9");
    expect(await handle(60_000)).toEqual({
      outcome: "finished",
      repositories: 2,
      asked: 2,
      missed: 2,
      unavailable: [],
    });
    expect(asked().toSorted()).toEqual(["a:different", "b/c:absent"]);
    expect(sent[0]).toMatchObject({ version: 1, destination: "gar", id: expect.stringMatching(/^reconcile-/) });
  });

  it("compares no repository whose tags forbid its replication, and none whose tags cannot be read", async () => {
    let isReadable = true;
    const overrides: NonNullable<ReconcileDependencies["overrides"]> = (repository) => {
      if (repository === "b" && !isReadable) return Promise.reject(new Error("throttled"));
      const tags = { a: { "freightliner:replicate": "off" }, c: { "freightliner:destinations": "other" } };
      const own: unknown = Object.entries(tags).find(([name]) => name === repository)?.[1];
      return Promise.resolve(overridesOf(new Map(Object.entries(own ?? {}))));
    };
    const { push, handle, asked, observer, time } = setUp({ with: { overrides } });
    for (const name of ["a:v1", "b:v1", "c:v1"]) push(name, name);
    await handle(60_000);
    expect(asked()).toEqual(["b:v1"]);
    isReadable = false;
    push("b:v2", "new");
    time.now += HOUR;
    await handle(60_000);
    expect(asked()).toEqual(["b:v1"]);
    expect(observer.lines.map(({ message }) => message)).toContain(
      "Repository is not compared: its AWS resource tags cannot be read",
    );
  });

  it("P31: counts a push whose event was lost once it is older than any event can be, and leaves younger ones to their events", async () => {
    const { push, handle, count, time } = setUp();
    push("a:young", "1", time.now - 59_000);
    push("a:lost", "2", time.now - 61_000);
    expect(await handle(60_000)).toMatchObject({ asked: 1, missed: 1 });
    expect([count("TagsRepaired"), count("EventsMissed"), count("ReconciliationsFinished")]).toEqual([1, 1, 1]);
    time.now += 10 * MINUTE;
    expect(await handle(60_000)).toMatchObject({ asked: 1, missed: 1 });
  });

  it("does not count a push as missed that a request has named, or that may wait in the queue", async () => {
    const heard = setUp();
    heard.push("a:v1", "1");
    await heard.tags.update("gar/p/a:v1", () => ({
      next: {
        fence: 1,
        attempts: 0,
        wantedAt: heard.time.now - HOUR,
        last: { outcome: "deferred", reason: "unavailable", since: 0 },
      },
      answer: undefined,
    }));
    expect(await heard.handle(60_000)).toMatchObject({ asked: 1, missed: 0 });
    const waiting = setUp({ with: { backlog: () => Promise.resolve(3) } });
    waiting.push("a:v1", "1");
    expect(await waiting.handle(60_000)).toMatchObject({ asked: 1, missed: 0 });
  });

  it("P18: requests a lasting difference once, and again after a day, long before the queue would drop the request", async () => {
    const { push, handle, asked, time } = setUp();
    push("a:v1", "1");
    for (let comparison = 0; comparison < 10; comparison++) {
      await handle(60_000);
      time.now += 20 * MINUTE;
    }
    expect(asked()).toEqual(["a:v1"]);
    time.now += 24 * HOUR;
    await handle(60_000);
    expect(asked()).toHaveLength(2);
    push("a:v1", "2", time.now);
    time.now += 20 * MINUTE;
    await handle(60_000);
    expect(asked()).toHaveLength(3);
  });

  it("requests an image again that did not exist when its copy ran, and was then pushed again unchanged, or restored", async () => {
    const { push, restore, handle, asked, time, tags } = setUp();
    push("a:pushed-again", "1");
    push("a:restored", "2");
    await handle(60_000);
    for (const tag of ["pushed-again", "restored"]) {
      await tags.update(`gar/p/a:${tag}`, (record) => ({
        next: {
          fence: 1,
          attempts: 0,
          ...record,
          wantedAt: 9 * HOUR,
          last: { outcome: "skipped", reason: "source-gone" },
        },
        answer: undefined,
      }));
    }
    time.now += 20 * MINUTE;
    await handle(60_000);
    expect(asked()).toHaveLength(2);
    push("a:pushed-again", "1", time.now);
    restore("a:restored", time.now);
    time.now += 20 * MINUTE;
    expect(await handle(60_000)).toMatchObject({ asked: 2, missed: 1 });
  });

  it("requests a tag again that was copied and then lost at the destination", async () => {
    const { push, handle, asked, time, tags } = setUp();
    push("a:v1", "1");
    await handle(60_000);
    await tags.update("gar/p/a:v1", (record) => ({
      next: {
        ...record,
        fence: 1,
        attempts: 0,
        wantedAt: 1,
        replicated: { digest: digest("1"), at: time.now },
      },
      answer: undefined,
    }));
    time.now += 20 * MINUTE;
    await handle(60_000);
    expect(asked()).toHaveLength(2);
  });

  it("does not request what is being copied, or has failed for good since it was requested", async () => {
    const { push, handle, asked, time, tags } = setUp();
    push("a:busy", "1");
    push("a:failed", "2");
    const known = { fence: 1, attempts: 0, wantedAt: 0 };
    const lease = { message: "m", owner: "o", fence: 1, until: time.now + 1_000, dirty: false };
    const last = { outcome: "failed", reason: "target-denied" } as const;
    const failed = { ...known, last, asked: { digest: digest("2"), at: time.now } };
    await tags.update("gar/p/a:busy", () => ({ next: { ...known, lease }, answer: undefined }));
    await tags.update("gar/p/a:failed", () => ({ next: failed, answer: undefined }));
    await handle(60_000);
    expect(asked()).toEqual([]);
  });

  it("compares only what the rules and the filter select: repositories, tags, renamed targets", async () => {
    const { push, handle, asked, target } = setUp({
      document: {
        rules: [
          { repositories: ["team/**"], tags: ["v*"], destinations: ["gar"] },
          { repositories: ["base"], destinations: ["gar"], as: "images/base" },
        ],
        reconcile: { include: ["**"], exclude: ["team/private/**"] },
      },
    });
    push("team/a:v1", "1");
    push("team/a:latest", "1");
    push("team/private/b:v1", "2");
    push("base:x", "3");
    push("elsewhere:v1", "4");
    target.set("p/images/base:x", "3");
    await handle(60_000);
    expect(asked()).toEqual(["team/a:v1"]);
  });

  it("resumes where the last invocation stopped, and rests when it has finished", async () => {
    const { push, dependencies, handle, asked, time, cycles } = setUp();
    const names = Array.from({ length: 20 }, (_, index) => `r${String(index).padStart(2, "0")}`);
    for (const name of names) push(`${name}:v1`, name);
    const abort = new AbortController();
    const stopping = createHandler({
      ...dependencies,
      // The requests are recorded all the same: only the end of the process aborts that.
      timeout: (ms) => (ms < 60_000 ? abort.signal : NEVER),
      send(requests, signal) {
        abort.abort();
        return dependencies.send(requests, signal);
      },
    });
    expect(await stopping(60_000)).toMatchObject({ outcome: "partial" });
    expect(asked().length).toBeLessThan(20);
    expect(await handle(60_000)).toMatchObject({ outcome: "finished" });
    expect(asked().toSorted()).toEqual(names.map((name) => `${name}:v1`));
    expect(await handle(60_000)).toMatchObject({ outcome: "rest" });
    time.now += 15 * MINUTE;
    expect(await handle(60_000)).toMatchObject({ outcome: "finished", repositories: 20 });
    expect((await cycles.read("source"))?.lease).toBeUndefined();
  });

  it("runs in one invocation at a time, and is taken over from a crashed one", async () => {
    const { push, handle, cycles, time } = setUp();
    push("a:v1", "1");
    const lease = { owner: "another", until: time.now + MINUTE };
    await cycles.update("source", () => ({ next: { startedAt: time.now, after: "", lease }, answer: undefined }));
    expect(await handle(60_000)).toMatchObject({ outcome: "rest" });
    time.now += 2 * MINUTE;
    expect(await handle(60_000)).toMatchObject({ outcome: "finished" });
  });

  it("compares the other destinations when one is unavailable", async () => {
    const { dependencies, push, asked } = setUp({ document: TWO_DESTINATIONS });
    push("a:v1", "1");
    const handle = createHandler({
      ...dependencies,
      listing: (destination, repository) => {
        const list = dependencies.listing(destination, repository);
        return destination === "gar" ? () => list(AbortSignal.abort(new Error("away"))) : list;
      },
    });
    expect(await handle(60_000)).toMatchObject({ outcome: "finished" });
    expect(asked()).toEqual(["a:v1"]);
  });

  it("S01: compares ten thousand tags, and requests those that differ in batches", async () => {
    const { push, handle, target, sent } = setUp();
    for (let tag = 0; tag < 10_000; tag++) {
      push(`a:t${tag}`, `${tag}`);
      if (tag % 10 !== 0) target.set(`p/a:t${tag}`, `${tag}`);
    }
    expect(await handle(60_000)).toMatchObject({ asked: 1_000 });
    expect(new Set(sent.map(({ reference }) => reference)).size).toBe(1_000);
  });

  it("resumes queues that were paused and abandoned", async () => {
    const { handle, queuePauses, opened, time } = setUp();
    await queuePauses.update("gar", () => ({
      next: { state: "paused", since: 0, probedAt: time.now - 16 * MINUTE, isDone: true },
      answer: undefined,
    }));
    await handle(60_000);
    expect(opened).toEqual(["gar"]);
    expect(await queuePauses.read("gar")).toEqual({ state: "full" });
  });
});
