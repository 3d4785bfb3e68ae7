import { describe, expect, it } from "vitest";
import { CIRCUIT } from "../../../src/contract/stack/limits.ts";
import { createCircuitBreaker } from "../../../src/replication/destination/circuit-breaker.ts";
import type { Admission, CircuitBreaker } from "../../../src/replication/destination/circuit-breaker.ts";
import type { CallOutcome } from "../../../src/replication/destination/buffered-counts.ts";
import { circuitPolicy } from "../../../src/replication/destination/circuit-policy.ts";
import type { CircuitRecord, CircuitState } from "../../../src/replication/destination/circuit.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { NEVER } from "../../../src/async/abort.ts";
import type { RecordStore } from "../../../src/replication/state/record-store.ts";
import { unavailableStore } from "../../fixtures/unavailable-store.ts";

function setUp({
  window = { seconds: 60 },
  store = createMemoryRecordStore<CircuitRecord>(),
}: {
  window?: { seconds: number } | { calls: number };
  store?: RecordStore<CircuitRecord>;
} = {}) {
  const time = { now: 1_000_000 };
  const writes = { count: 0 };
  const changes: CircuitState[] = [];
  const counted: RecordStore<CircuitRecord> = {
    read: (key, signal) => store.read(key, signal),
    update: (key, change, signal) =>
      store.update(
        key,
        (record) => {
          const changed = change(record);
          if (changed.next !== undefined) writes.count++;
          return changed;
        },
        signal,
      ),
  };
  const container = (): CircuitBreaker =>
    createCircuitBreaker({
      store: counted,
      key: "gar",
      policy: circuitPolicy({ ...CIRCUIT, window }),
      now: () => time.now,
      random: () => 0.5,
      onChange: (state) => changes.push(state),
    });
  const state = (): Promise<CircuitRecord | undefined> => store.read("gar", NEVER);
  return { time, writes, changes, container, state };
}

async function admit(breaker: CircuitBreaker, owner: string, repository?: string): Promise<Admission> {
  const admitted = await breaker.admit(owner, NEVER, repository);
  if (admitted.kind === "refused") throw new Error(`${owner} was refused for ${admitted.afterMs} ms`);
  return admitted;
}

/** Fails once in each of so many containers. */
async function failIn(containers: number, container: () => CircuitBreaker): Promise<void> {
  for (let index = 0; index < containers; index++) await (await admit(container(), `c${index}`)).note("failed");
}

describe("a closed circuit", () => {
  it("writes nothing while all calls succeed", async () => {
    const { container, writes, state } = setUp();
    const admission = await admit(container(), "a");
    for (let call = 0; call < 1_000; call++) await admission.note(call % 2 === 0 ? "read" : "written");
    await admission.end();
    expect(writes.count).toBe(0);
    expect(await state()).toBeUndefined();
  });

  it("stays closed on a few failures among many calls", async () => {
    const { container, time, state } = setUp();
    const admission = await admit(container(), "a");
    for (let call = 0; call < 100; call++) {
      time.now += 100;
      await admission.note(call % 10 === 0 ? "failed" : "read");
    }
    expect((await state())?.state).toBe("closed");
  });

  it.each([{ seconds: 60 }, { calls: 20 }])(
    "opens after ten failures, wherever they happen (window %o)",
    async (window) => {
      const { container, state, changes } = setUp({ window });
      await failIn(9, container);
      expect((await state())?.state).toBe("closed");
      await failIn(1, container);
      expect((await state())?.state).toBe("open");
      expect(changes).toEqual(["open"]);
    },
  );

  it("opens when many calls are slow, and not when a few are", async () => {
    const { container, time, state } = setUp();
    const breaker = container();
    const [one, other] = [await admit(breaker, "a"), await admit(breaker, "b")];
    for (let call = 0; call < 7; call++) await one.note("written");
    for (let call = 0; call < 7; call++) {
      time.now += 1_100;
      await one.note("slow");
    }
    expect((await state())?.state).toBe("closed");
    for (let call = 0; call < 60; call++) {
      time.now += 1_100;
      await (call % 2 === 0 ? one : other).note("slow");
    }
    expect((await state())?.state).toBe("open");
  });

  it("S05: reports failures at most once a second, and the rest at the end", async () => {
    const { container, writes, state } = setUp();
    const admission = await admit(container(), "a");
    for (let call = 0; call < 8; call++) await admission.note("failed");
    expect(writes.count).toBe(1);
    await admission.end();
    expect(writes.count).toBe(2);
    expect(await state()).toMatchObject({ state: "closed", buckets: [{ calls: 8, failures: 8 }] });
  });

  it("does not open for one broken repository, however often it fails and whatever process copies it", async () => {
    const { container, time, state } = setUp();
    for (let copy = 0; copy < 300; copy++) {
      time.now += 500;
      const breaker = container();
      const broken = await admit(breaker, `copy-${copy}`, "broken");
      await broken.note("failed");
      await broken.end();
    }
    expect((await state())?.state).toBe("closed");
  });

  it("does not open for a broken repository beside one that fails occasionally, while others succeed", async () => {
    const { container, time, state } = setUp();
    const [breakers, copies] = [Array.from({ length: 20 }, container), { count: 0 }];
    const copy = async (index: number, repository: string, outcome: CallOutcome): Promise<void> => {
      const admission = await admit(breakers[index % 20]!, `copy-${copies.count++}`, repository);
      await admission.note(outcome);
      await admission.end();
    };
    for (let round = 0; round < 1_000; round++) {
      time.now += 200;
      await copy(round, "broken", "failed");
      await copy(round + 7, round % 50 === 0 ? "flaky" : "healthy", round % 50 === 0 ? "failed" : "written");
      expect((await state())?.state).toBe("closed");
    }
  });

  it("opens within seconds when a destination becomes unavailable, however many calls succeeded before", async () => {
    const { container, time, state } = setUp();
    const breakers = Array.from({ length: 20 }, container);
    const round = async (outcome: CallOutcome): Promise<void> => {
      time.now += 1_000;
      for (const [index, breaker] of breakers.entries()) {
        const admitted = await breaker.admit(`copy-${index}-${time.now}`, NEVER, `repository-${index % 5}`);
        if (admitted.kind === "refused") continue;
        for (let call = 0; call < 5; call++) await admitted.note(outcome);
        await admitted.end();
      }
    };
    for (let second = 0; second < 300; second++) await round("written");
    const awayAt = time.now;
    while ((await state())?.state !== "open") await round("failed");
    expect(time.now - awayAt).toBeLessThanOrEqual(10_000);
  });

  it("gets successes while there are failures, from each container at most once in five seconds", async () => {
    const { container, time, writes, state } = setUp();
    const breaker = container();
    await (await admit(container(), "other", "flaky")).note("failed");
    const before = writes.count;
    for (let call = 0; call < 400; call++) {
      time.now += 50;
      const admission = await admit(breaker, `copy-${call}`, "healthy");
      await admission.note("written");
      await admission.end();
    }
    expect(writes.count - before).toBeLessThanOrEqual(5);
    const record = await state();
    const told = record?.state === "closed" ? record.buckets.reduce((sum, { calls }) => sum + calls, 0) : 0;
    expect(told).toBeGreaterThan(200);
  });

  it("P30: drops failures from before a quiet night", async () => {
    const { container, time, state } = setUp();
    await failIn(9, container);
    time.now += 12 * 3_600_000;
    await failIn(9, container);
    expect((await state())?.state).toBe("closed");
  });

  it("is read at most once in five seconds by each container", async () => {
    const store = createMemoryRecordStore<CircuitRecord>();
    let reads = 0;
    const { container, time } = setUp({
      store: {
        read: (key, signal) => (reads++, store.read(key, signal)),
        update: (key, change, signal) => (reads++, store.update(key, change, signal)),
      },
    });
    const breaker = container();
    for (let copy = 0; copy < 100; copy++) {
      time.now += 100;
      await (await admit(breaker, `copy-${copy}`)).end();
    }
    expect(reads).toBeLessThanOrEqual(3);
  });

  it("P21: admits copies when the table is unavailable; without their lease they do nothing", async () => {
    const { container } = setUp({ store: unavailableStore() });
    const admission = await admit(container(), "a");
    await admission.note("failed");
    await admission.end();
    expect(admission.kind).toBe("admitted");
  });
});

describe("an open circuit", () => {
  async function opened() {
    const set = setUp();
    await failIn(10, set.container);
    return set;
  }

  it("refuses every copy until its time, and spreads their return over half a minute", async () => {
    const { container } = await opened();
    expect(await container().admit("x", NEVER)).toEqual({ kind: "refused", afterMs: CIRCUIT.openMs + 15_000 });
  });

  it("P29: admits two of 200 containers when its time has come, and refuses the others", async () => {
    const { container, time } = await opened();
    time.now += CIRCUIT.openMs;
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => container().admit(`probe-${index}`, NEVER)),
    );
    expect(answers.filter(({ kind }) => kind === "admitted")).toHaveLength(CIRCUIT.permits);
  });

  it("closes after two successful writes, and not after reads", async () => {
    const { container, time, state, changes } = await opened();
    time.now += CIRCUIT.openMs;
    const probe = await admit(container(), "probe");
    for (let call = 0; call < 10; call++) await probe.note("read");
    expect((await state())?.state).toBe("half-open");
    await probe.note("written");
    await probe.note("written");
    expect((await state())?.state).toBe("closed");
    await probe.end();
    expect(changes).toEqual(["open", "half-open", "closed"]);
  });

  it("opens again when the trial fails: for longer every time, at most a minute", async () => {
    const { container, time, state } = await opened();
    const lasted: number[] = [];
    for (let trip = 0; trip < 4; trip++) {
      const record = await state();
      if (record?.state !== "open") throw new Error("it is not open");
      lasted.push(record.until - time.now);
      time.now = record.until;
      await (await admit(container(), `probe-${trip}`)).note("failed");
    }
    expect(lasted).toEqual([20_000, 40_000, 60_000, 60_000]);
    expect(await state()).toMatchObject({ since: 1_000_000 });
  });

  it("reclaims the permit of a crashed copy when it expires", async () => {
    const { container, time } = await opened();
    time.now += CIRCUIT.openMs;
    await admit(container(), "dies-1");
    await admit(container(), "dies-2");
    expect((await container().admit("later", NEVER)).kind).toBe("refused");
    time.now += CIRCUIT.permitMs;
    expect((await container().admit("later", NEVER)).kind).toBe("admitted");
  });

  it("gives the permit of a copy that ended without an outcome to the next", async () => {
    const { container, time } = await opened();
    time.now += CIRCUIT.openMs;
    await (await admit(container(), "a")).end();
    await (await admit(container(), "b")).end();
    expect((await container().admit("c", NEVER)).kind).toBe("admitted");
  });

  it("ignores late reports of copies that began before", async () => {
    const set = setUp();
    const early = await admit(set.container(), "early");
    await failIn(10, set.container);
    const before = await set.state();
    await early.note("failed");
    await early.end();
    expect(await set.state()).toEqual(before);
    set.time.now += CIRCUIT.openMs;
    await admit(set.container(), "probe");
    const late = await admit(setUp().container(), "late");
    await late.note("failed");
    expect((await set.state())?.state).toBe("half-open");
  });
});
