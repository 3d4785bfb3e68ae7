import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/reconcile/handler.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { RateExceededError } from "../../../src/oci/errors/rate-exceeded-error.ts";
import { HOUR, MINUTE, TWO_DESTINATIONS, digest, setUp } from "./reconcile-fixture.ts";
import { unavailableStore } from "../../fixtures/unavailable-store.ts";

/** Timers that fire on demand. */
function createTimers() {
  const timers: { readonly ms: number; readonly controller: AbortController }[] = [];
  return {
    timeout: (ms: number): AbortSignal => {
      const controller = new AbortController();
      timers.push({ ms, controller });
      return controller.signal;
    },
    /** Fires every timer of at most the given number of milliseconds. */
    pass: (ms: number): void => {
      for (const timer of timers.splice(0)) {
        if (timer.ms <= ms) timer.controller.abort(new Error("time is up"));
        else timers.push(timer);
      }
    },
  };
}

const never = (): Promise<never> => new Promise(() => undefined);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a slow or broken comparison", () => {
  it("moves a repository whose listing hangs to the slow comparison, and compares the others", async () => {
    const timers = createTimers();
    const { dependencies, push, asked, cycles, observer } = setUp({ with: { timeout: timers.timeout } });
    for (const name of ["a", "huge", "z"]) push(`${name}:v1`, name);
    const handle = createHandler({
      ...dependencies,
      catalog: {
        ...dependencies.catalog,
        async *tags(repository, signal) {
          if (repository === "huge") await never();
          yield* dependencies.catalog.tags(repository, signal);
        },
      },
    });
    const handling = handle(900_000);
    for (let step = 0; step < 10; step++) await turn();
    timers.pass(75_000);
    for (let step = 0; step < 10; step++) await turn();
    expect(asked().toSorted()).toEqual(["a:v1", "z:v1"]);
    // With more time, beside the others, it is compared until the invocation's time is up.
    timers.pass(900_000);
    expect(await handling).toMatchObject({ repositories: 3 });
    expect((await cycles.read("slow"))?.subjects).toEqual(["huge"]);
    expect((await cycles.read("source"))?.finishedAt).toBeDefined();
    expect(observer.lines.some(({ message }) => message.includes("took too long"))).toBe(true);
  });

  it("delays no other destination when one hangs, and counts no finished comparison for it", async () => {
    const timers = createTimers();
    const { dependencies, push, sent, observer } = setUp({
      document: TWO_DESTINATIONS,
      with: { timeout: timers.timeout },
    });
    for (let index = 0; index < 40; index++) push(`r${index}:v1`, "x");
    let listed = 0;
    const handle = createHandler({
      ...dependencies,
      listing: (destination, repository) =>
        async function* list(signal) {
          if (destination === "gar") {
            listed++;
            dependencies.now();
            await never();
          }
          yield* dependencies.listing(destination, repository)(signal);
        },
    });
    const handling = handle(900_000);
    for (let round = 0; round < 8; round++) {
      for (let step = 0; step < 20; step++) await turn();
      timers.pass(75_000);
    }
    for (let step = 0; step < 20; step++) await turn();
    timers.pass(900_000);
    await handling;
    expect(new Set(sent.map(({ destination, repository }) => `${destination}/${repository}`)).size).toBe(40);
    expect(listed).toBeGreaterThan(0);
    const beats = observer.counts.filter(({ metric }) => metric === "ReconciliationsFinished");
    expect(beats.map(({ destination }) => destination)).toEqual(["other"]);
  });

  it("does not count as finished when it fails everywhere", async () => {
    const { dependencies, push, count } = setUp();
    push("a:v1", "1");
    const handle = createHandler({
      ...dependencies,
      catalog: {
        ...dependencies.catalog,
        tags() {
          throw new RegistryError(
            { side: "source", operation: "list-tags", subject: "a", category: "deferred" },
            "DescribeImages failed",
          );
        },
      },
    });
    expect(await handle(60_000)).toMatchObject({ outcome: "finished" });
    expect(count("ReconciliationsFinished")).toBe(0);
  });

  it("lists the source once for all destinations", async () => {
    const { dependencies, push, asked } = setUp({ document: TWO_DESTINATIONS });
    push("a:v1", "1");
    let listings = 0;
    const handle = createHandler({
      ...dependencies,
      catalog: {
        ...dependencies.catalog,
        tags(repository, signal) {
          listings++;
          return dependencies.catalog.tags(repository, signal);
        },
      },
    });
    await handle(60_000);
    expect([listings, asked().length]).toEqual([1, 2]);
  });

  it("resumes abandoned queues of other destinations when those of one cannot be resumed", async () => {
    const { dependencies, queuePauses, opened, time } = setUp({ document: TWO_DESTINATIONS });
    for (const name of ["gar", "other"]) {
      await queuePauses.update(name, () => ({
        next: { state: "paused", since: 0, probedAt: time.now - HOUR, isDone: true },
        answer: undefined,
      }));
    }
    const handle = createHandler({
      ...dependencies,
      resumeQueues: (name, signal) =>
        name === "gar" ? Promise.reject(new Error("denied")) : dependencies.resumeQueues(name, signal),
    });
    expect(await handle(60_000)).toMatchObject({ outcome: "finished" });
    expect(opened).toEqual(["other"]);
  });

  it("moves what was being compared when an invocation was killed to the slow comparison", async () => {
    const { push, handle, cycles, time, asked } = setUp();
    for (const name of ["a", "b", "c"]) push(`${name}:v1`, name);
    const lease = { owner: "killed", until: time.now - 1 };
    await cycles.update("source", () => ({
      next: { startedAt: time.now - MINUTE, after: "b", begun: ["b"], lease },
      answer: undefined,
    }));
    await handle(60_000);
    expect(asked()).toEqual(["c:v1", "b:v1"]);
    expect((await cycles.read("slow"))?.subjects).toEqual([]);
  });
});

describe("comparisons every ten minutes", () => {
  it("start every ten minutes although invocations are some milliseconds early or late", async () => {
    const { handle, time } = setUp();
    const began: number[] = [];
    const from = time.now;
    for (let minute = 0; minute <= 60; minute++) {
      time.now = from + minute * MINUTE + (minute % 3 === 0 ? -700 : 900);
      if ((await handle(60_000)).outcome === "finished") began.push(minute);
    }
    expect(began).toEqual([0, 10, 20, 30, 40, 50, 60]);
  });
});

describe("a tag that differs in every comparison", () => {
  const record = { fence: 1, attempts: 0, wantedAt: 0 };

  it("is requested once when the target has it but does not list it", async () => {
    const { push, handle, asked, time, tags } = setUp();
    push("a:v1", "1");
    for (let cycle = 0; cycle < 6; cycle++) {
      await handle(60_000);
      await tags.update("gar/p/a:v1", (known) => ({
        next: {
          ...record,
          ...known,
          last: { outcome: "unchanged" as const },
          replicated: { digest: digest("1"), at: time.now + 1 },
        },
        answer: undefined,
      }));
      time.now += 10 * MINUTE;
    }
    expect(asked()).toEqual(["a:v1"]);
  });

  it("is not requested after the request of its event failed for good, until it changes", async () => {
    const { push, handle, asked, time, tags } = setUp();
    push("a:v1", "1");
    await tags.update("gar/p/a:v1", () => ({
      next: {
        ...record,
        wantedAt: time.now - HOUR,
        last: { outcome: "failed" as const, reason: "target-denied" as const },
      },
      answer: undefined,
    }));
    for (let cycle = 0; cycle < 20; cycle++) {
      await handle(60_000);
      time.now += 2 * HOUR;
    }
    expect(asked()).toEqual([]);
    push("a:v1", "2", time.now - HOUR);
    await handle(60_000);
    expect(asked()).toEqual(["a:v1"]);
  });

  it("has no age when the source does not give the time of its push", async () => {
    const { push, handle, sent, time } = setUp();
    push("a:v1", "1", 0);
    await handle(60_000);
    expect(sent[0]?.pushedAt).toBe(time.now);
  });
});

describe("a destination whose circuit is open", () => {
  const open = { state: "open", since: 0, until: 1, trips: 1 } as const;

  it("is left out while the others are compared, and compared again once its circuit is closed", async () => {
    const { dependencies, push, sent, circuits, time, observer } = setUp({ document: TWO_DESTINATIONS });
    push("a:v1", "1");
    const asked: string[] = [];
    const handle = createHandler({
      ...dependencies,
      listing: (destination, repository) => (signal) => {
        asked.push(destination);
        return dependencies.listing(destination, repository)(signal);
      },
    });
    await circuits.update("gar", () => ({ next: open, answer: undefined }));
    expect(await handle(60_000)).toMatchObject({ outcome: "finished", unavailable: ["gar"] });
    expect([...new Set(asked)]).toEqual(["other"]);
    const beats = () =>
      observer.counts.flatMap(({ metric, destination }) => (metric === "ReconciliationsFinished" ? [destination] : []));
    expect(beats()).toEqual(["other"]);
    await circuits.update("gar", () => ({ next: { state: "closed", buckets: [] }, answer: undefined }));
    time.now += 2 * HOUR;
    expect(await handle(60_000)).toMatchObject({ outcome: "finished", unavailable: [] });
    expect(sent.map(({ destination }) => destination).toSorted()).toEqual(["gar", "other"]);
    expect(beats()).toEqual(["other", "gar", "other"]);
  });

  it("does not cause a listing of the source when no other destination is to be compared", async () => {
    const { dependencies, push, circuits } = setUp();
    push("a:v1", "1");
    await circuits.update("gar", () => ({ next: open, answer: undefined }));
    const tags = (): never => expect.unreachable("the source is listed");
    const handle = createHandler({ ...dependencies, catalog: { ...dependencies.catalog, tags } });
    expect(await handle(60_000)).toMatchObject({ outcome: "finished", repositories: 0, unavailable: ["gar"] });
  });

  it("is compared when its circuit cannot be read", async () => {
    const { dependencies, push, asked } = setUp();
    push("a:v1", "1");
    expect(await createHandler({ ...dependencies, circuits: unavailableStore() })(60_000)).toMatchObject({
      unavailable: [],
    });
    expect(asked()).toEqual(["a:v1"]);
  });
});

describe("an exhausted rate", () => {
  it("postpones the comparison, and is not a failure of the destination", async () => {
    const { dependencies, push, observer } = setUp();
    push("a:v1", "1");
    const list = (): never => {
      throw new RateExceededError("gar", 60_000);
    };
    await createHandler({ ...dependencies, listing: () => list })(60_000);
    expect(observer.lines.filter(({ level }) => level !== "info")).toEqual([]);
    expect(observer.lines.map(({ message }) => message)).toContain(
      "Repository is compared later: the destination's rate is exhausted",
    );
    expect(observer.counts.filter(({ metric }) => metric === "ReconciliationsFinished")).toEqual([]);
  });
});
