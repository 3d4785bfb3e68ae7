import { describe, expect, it } from "vitest";
import { NEVER } from "../../src/async/abort.ts";
import type { ExternalDocument, LastGoodDocument } from "../../src/reload/external-document.ts";
import { createVirtualClock } from "../fixtures/clocks/virtual-clock.ts";
import { INTERVAL_MS, reloadedConfiguration } from "../fixtures/reloaded-configuration.ts";
import { createObserved } from "../functions/observer.ts";

async function setUp(lastGood?: LastGoodDocument) {
  const clock = createVirtualClock();
  const observer = createObserved();
  const around = await reloadedConfiguration(clock, observer, lastGood);
  const counted = (metric: string) => observer.counts.filter((each) => each.metric === metric).length;
  const current = () => clock.during(around.feed.current(NEVER));
  return { clock, observer, counted, current, ...around };
}

const KEEP = "sparseIndexes: keep";

describe("a polled configuration", () => {
  it("is polled when an invocation asks and the interval has passed, and not before", async () => {
    const { clock, current, asked, publish } = await setUp();
    const first = await current();
    publish(KEEP);
    expect(await current()).toBe(first);
    expect(asked.polls).toBe(1);
    await clock.pass(INTERVAL_MS);
    expect((await current()).sparseIndexes).toBe("keep");
    expect(asked.polls).toBe(2);
  });

  it("is polled once for all invocations that ask at the same time, and all get the same object", async () => {
    const { feed, asked, publish } = await setUp();
    publish(KEEP);
    const all = await Promise.all(Array.from({ length: 50 }, () => feed.current(NEVER)));
    expect(new Set(all).size).toBe(1);
    expect(all[0]?.sparseIndexes).toBe("keep");
    expect(asked.polls).toBe(1);
  });

  it("stays the same object while nothing changes, also when the document is returned again", async () => {
    const { clock, current, publish, observer } = await setUp();
    publish(KEEP, "v7");
    const first = await current();
    for (const text of [KEEP, `${KEEP} # a comment`]) {
      publish(text);
      await clock.pass(INTERVAL_MS);
      expect(await current()).toBe(first);
    }
    expect(observer.lines).toEqual([
      {
        level: "info",
        message: "Configuration reloaded",
        fields: { configuration: first.version, label: "v7", changed: "sparseIndexes" },
      },
    ]);
  });

  it("loses a rule that the next document does not have any more", async () => {
    const { clock, current, publish } = await setUp();
    const rule = (name: string): string => `  - { name: ${name}, repositories: [${name}], destinations: [gar] }\n`;
    publish(`rules:\n${rule("app")}${rule("web")}`);
    expect((await current()).rules.map(({ name }) => name)).toEqual(["app", "web"]);
    publish(`rules:\n${rule("app")}`);
    await clock.pass(INTERVAL_MS);
    expect((await current()).rules.map(({ name }) => name)).toEqual(["app"]);
  });

  it("keeps the last good one when a document is refused, counts every poll of it, and says once why", async () => {
    const { clock, current, publish, observer, counted } = await setUp();
    publish(KEEP);
    const good = await current();
    publish("rules:\n  - repositories: []\n", "v8");
    for (let polls = 0; polls < 3; polls++) {
      await clock.pass(INTERVAL_MS);
      expect(await current()).toBe(good);
    }
    expect(counted("ConfigurationRefused")).toBe(3);
    const refusals = observer.lines.filter(({ level }) => level === "error");
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toMatchObject({
      message: "Configuration refused; the last good one stays",
      fields: { configuration: good.version, label: "v8" },
    });
    expect(refusals[0]?.fields["problems"]).toMatch(/line 2, column 19: rules\[0\]\.repositories: /);
    publish("sparseIndexes: fail");
    await clock.pass(INTERVAL_MS);
    expect((await current()).sparseIndexes).toBe("fail");
    expect(counted("ConfigurationRefused")).toBe(3);
  });

  it.each([
    ["an alias of what contains it", "reconcile: &all { more: *all }", /neither YAML nor JSON \(.*circular/],
    ["an alias that names nothing", "rules: *nothing", /neither YAML nor JSON \(Unresolved alias/],
    [
      "aliases that stand for millions of values",
      ["a: &a [1,1,1,1,1,1,1,1]", "b: &b [*a,*a,*a,*a,*a,*a,*a,*a]", "c: &c [*b,*b,*b,*b,*b,*b,*b]", "d: [*c,*c]"].join(
        "\n",
      ),
      /neither YAML nor JSON \(Excessive alias count/,
    ],
  ])(
    "refuses a document with %s, and counts every poll of it, although it is returned once",
    async (_, text, problem) => {
      const { clock, current, deployed, publish, publishOnce, observer, counted } = await setUp();
      expect(await current()).toBe(deployed);
      publishOnce(text);
      for (let polls = 0; polls < 3; polls++) {
        await clock.pass(INTERVAL_MS);
        expect(await current()).toBe(deployed);
      }
      expect(counted("ConfigurationRefused")).toBe(3);
      expect(observer.lines.map(({ fields }) => fields["problems"])).toEqual([expect.stringMatching(problem)]);
      publish(KEEP);
      await clock.pass(INTERVAL_MS);
      expect((await current()).sparseIndexes).toBe("keep");
    },
  );

  it("refuses a change of what the stack is made of as a whole, together with the changes beside it", async () => {
    const { current, deployed, publish, observer, counted } = await setUp();
    publish("sparseIndexes: keep\ndestinations: [{ name: gar, prefix: elsewhere }]\n");
    expect((await current()).version).toBe(deployed.version);
    expect(counted("ConfigurationRefused")).toBe(1);
    expect(observer.lines[0]?.fields["problems"]).toMatch(
      /line 2, column 37: destinations\[0\]\.prefix: is what the stack is made of; .*deploy the stack/,
    );
  });

  it("is the deployed one while no poll was ever answered, and the last good one when a later poll fails", async () => {
    const { clock, current, deployed, publish, fail, counted, asked, observer } = await setUp();
    fail(new Error("AppConfig is away"));
    expect(await current()).toBe(deployed);
    // Invocations do not wait for it one after another.
    expect(await current()).toBe(deployed);
    expect([asked.polls, counted("ConfigurationUnavailable")]).toEqual([1, 1]);
    fail(undefined);
    publish(KEEP);
    await clock.pass(15_000);
    const good = await current();
    expect(good.sparseIndexes).toBe("keep");
    fail(new Error("away again"));
    await clock.pass(INTERVAL_MS);
    expect(await current()).toBe(good);
    expect(observer.lines.at(-1)).toMatchObject({
      level: "warn",
      message: "Configuration could not be polled; the last good one stays",
      fields: { configuration: good.version, error: "away again" },
    });
  });

  it("makes an invocation wait at most two seconds for a source that is silent", async () => {
    const { clock, current, deployed, fail } = await setUp();
    fail(new Error("silent"));
    const before = clock.passed();
    expect(await current()).toBe(deployed);
    expect(clock.passed() - before).toBeLessThanOrEqual(2_100);
  });

  it("answers an invocation that is aborted during a poll at once", async () => {
    const { feed, deployed, fail, clock } = await setUp();
    fail(new Error("silent"));
    const abort = new AbortController();
    const asking = feed.current(abort.signal);
    abort.abort(new Error("over"));
    expect(await clock.during(asking)).toBe(deployed);
  });
});

/** A store of the last good document in memory. */
function memoryStore() {
  const state: { document?: ExternalDocument | undefined; reads: number; writes: number; isDown: boolean } = {
    reads: 0,
    writes: 0,
    isDown: false,
  };
  const store: LastGoodDocument = {
    read() {
      state.reads++;
      return state.isDown ? Promise.reject(new Error("down")) : Promise.resolve(state.document);
    },
    write(document) {
      state.writes++;
      if (state.isDown) return Promise.reject(new Error("down"));
      state.document = document;
      return Promise.resolve();
    },
  };
  return { state, store };
}

describe("the last good document of a stack", () => {
  const REFUSED = "rules:\n  - repositories: []\n";

  it("decides in a new process whose first document is refused: the deployed file may lack a gate", async () => {
    const { state, store } = memoryStore();
    const before = await setUp(store);
    before.publish(KEEP, "v7");
    await before.current();
    expect(state.document).toEqual({ text: KEEP, label: "v7" });
    const { current, publish, counted, clock } = await setUp(store);
    publish(REFUSED);
    expect((await current()).sparseIndexes).toBe("keep");
    await clock.pass(INTERVAL_MS);
    expect((await current()).sparseIndexes).toBe("keep");
    expect(counted("ConfigurationRefused")).toBe(2);
  });

  it("decides in a new process that gets no document at all, until the source answers", async () => {
    const { store } = memoryStore();
    const before = await setUp(store);
    before.publish(KEEP);
    await before.current();
    const { current, fail, publish, clock } = await setUp(store);
    fail(new Error("down"));
    expect((await current()).sparseIndexes).toBe("keep");
    fail(undefined);
    publish("{}");
    await clock.pass(INTERVAL_MS);
    expect((await current()).sparseIndexes).toBe("fail");
  });

  it("decides in a new process whose source has an empty document, which AppConfig's answer does not tell from none", async () => {
    const { state, store } = memoryStore();
    state.document = { text: KEEP };
    const { current, publishNothing } = await setUp(store);
    publishNothing();
    expect((await current()).sparseIndexes).toBe("keep");
  });

  it("is stored once by each process, again after a failure, and never when it is refused", async () => {
    const { state, store } = memoryStore();
    const { current, publish, clock } = await setUp(store);
    state.isDown = true;
    publish(KEEP);
    await current();
    expect([state.writes, state.document]).toEqual([1, undefined]);
    state.isDown = false;
    for (const text of [KEEP, REFUSED, REFUSED]) {
      publish(text);
      await clock.pass(INTERVAL_MS);
      await current();
    }
    expect([state.writes, state.document]).toEqual([2, { text: KEEP }]);
  });

  it("is not used when it is not valid with the deployed file, which is said once", async () => {
    const { state, store } = memoryStore();
    state.document = { text: "rules: 5" };
    const { current, publish, deployed, observer, clock } = await setUp(store);
    publish(REFUSED);
    expect(await current()).toBe(deployed);
    await clock.pass(INTERVAL_MS);
    await current();
    const said = observer.lines.filter(({ message }) => message.includes("is not valid with the deployed one"));
    expect(said).toHaveLength(1);
  });
});

describe("an empty document", () => {
  it("is refused: a file that was emptied by mistake would remove every gate", async () => {
    const { current, publish, clock, counted } = await setUp();
    publish(KEEP);
    const good = await current();
    publish("  \n");
    await clock.pass(INTERVAL_MS);
    expect(await current()).toBe(good);
    expect(counted("ConfigurationRefused")).toBe(1);
    publish("# back to the deployed file\n");
    await clock.pass(INTERVAL_MS);
    expect((await current()).sparseIndexes).toBe("fail");
  });
});
